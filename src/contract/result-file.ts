import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashOf } from '../canonical-json.ts';
import type { RunResult } from './result.ts';

/** The file of a run's result, in its folder. */
export const resultFile = 'result.json';

/** The result in a run's folder, whatever run it is of; undefined where there is none or it is damaged. */
export async function readWritten(directory: string): Promise<RunResult | undefined> {
  const text = await readFile(join(directory, resultFile), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : parseResult(text);
}

/** The result in the text, or undefined when its checksum does not fit its content. */
export function parseResult(text: string): RunResult | undefined {
  try {
    const { checksum, ...result } = JSON.parse(text) as RunResult & { checksum: unknown };
    return checksum === hashOf(result) && result.schemaVersion === 2 ? result : undefined;
  } catch {
    return undefined;
  }
}
