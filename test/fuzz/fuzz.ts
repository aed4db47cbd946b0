import { Failure } from '../../src/failure.ts';
import { createRandom } from '../../src/random.ts';
import { mutated } from './mutate.ts';
import type { Reader } from './readers.ts';

/** What became of the mutants of one reader. */
export interface Outcome {
  readonly mutants: number;
  readonly refused: number;
  readonly read: number;
  /** What must not happen, with the number of the mutant that does it again. */
  readonly wrong: readonly string[];
}

/** A mutant takes milliseconds; a busy machine takes many times what an idle one does. */
const maxMilliseconds = 5_000;
/** How much memory one mutant of some kilobytes may take beyond what was there: what is collected later is in it. */
const maxGrowth = 256 * 2 ** 20;

/** Reads `mutants` mutants, numbered from `first`: each is the same wherever it is made again. */
export async function fuzz(reader: Reader, mutants: number, first = 0): Promise<Outcome> {
  const wrong: string[] = [];
  let [refused, read] = [0, 0];
  for (let number = first; number < first + mutants; number++) {
    const bytes = mutant(reader, number);
    const [started, memory] = [performance.now(), process.resourceUsage().maxRSS];
    try {
      const taken = await reader.read(bytes);
      read++;
      if (taken > reader.perByte * bytes.length)
        wrong.push(`${number}: ${taken} values out of ${bytes.length} bytes`);
    } catch (error) {
      refused++;
      const isTold = error instanceof Failure || (reader.throwsErrors && error instanceof Error);
      if (!isTold) wrong.push(`${number}: ${(error as Error).stack?.split('\n').slice(0, 4).join(' | ')}`);
    }
    const milliseconds = performance.now() - started;
    if (milliseconds > maxMilliseconds) wrong.push(`${number}: ${Math.round(milliseconds)} ms`);
    const growth = 1024 * (process.resourceUsage().maxRSS - memory);
    if (growth > maxGrowth) wrong.push(`${number}: ${growth} more bytes of memory`);
  }
  return { mutants, refused, read, wrong };
}

export function mutant({ name, files, inside }: Reader, number: number): Buffer {
  const random = createRandom(number, name);
  const file = files[random.below(files.length)]!;
  const change = (part: Buffer) => mutated(part, random, files);
  if (inside === undefined || random.below(2) === 0) return change(file);
  try {
    return inside(file, change);
  } catch {
    // A name that no archive can be made with again.
    return change(file);
  }
}
