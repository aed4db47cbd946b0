import { execa } from 'execa';
import type { Outcome, Subject } from './result.ts';

/** The lines that a subject prints, each at most once; `measured`, `absent` or `failed` is the last. */
interface Lines {
  readonly engine?: Subject;
  readonly ready?: { readonly seconds: number };
  readonly measured?: Readonly<Record<string, unknown>>;
  readonly absent?: string;
  readonly failed?: string;
}

/** What one process told. */
export interface Run<Measured> {
  readonly engine: Subject;
  /** From the start of its work to the end of its warm-up; 0 of one that has none. */
  readonly readySeconds: number;
  readonly measured: Measured;
}

/** How a subject is run; `whileRunning` is called once, when all of its processes are at work. */
export interface Conditions {
  readonly processes: number;
  readonly limitSeconds: number;
  readonly whileRunning?: () => Promise<void>;
}

/**
 * Runs a subject in several processes that start their work together, and judges each by what it printed, not by how it
 * ended: drivers crash when they are unloaded. The first that does not get there ends them all.
 */
export async function runTogether<Measured>(
  [command, ...words]: readonly [string, ...string[]],
  { processes, limitSeconds, whileRunning }: Conditions,
): Promise<Outcome<{ readonly runs: readonly Run<Measured>[] }>> {
  const children = Array.from({ length: processes }, () =>
    execa(command, words, {
      reject: false,
      lines: true,
      timeout: limitSeconds * 1000,
      killSignal: 'SIGKILL',
    }),
  );
  let warm = 0;
  const follow = async (child: (typeof children)[number]) => {
    let told: Lines = {};
    for await (const line of child.iterable()) {
      const said = readLine(line);
      told = { ...told, ...said };
      if (said.ready && ++warm === processes) {
        for (const { stdin } of children) stdin.write('go\n');
        await whileRunning?.();
      }
    }
    if (!told.measured) for (const other of children) other.kill();
    const { timedOut, exitCode, signal, stderr, code } = await child;
    if (code === 'ENOENT') return { told: { absent: `\`${command}\` is not there` }, end: '' };
    const end = timedOut ? `took over ${limitSeconds} s` : `ended with ${signal ?? exitCode}`;
    return { told, end: [`A process ${end}`, ...(stderr ?? []).slice(-5)].join('\n') };
  };
  const ends = await Promise.all(children.map(follow));
  const told = ends.map(end => end.told);
  const absent = told.find(lines => lines.absent !== undefined)?.absent;
  if (absent !== undefined) return { outcome: 'absent', reason: absent };
  const failed = told.find(lines => lines.failed !== undefined)?.failed;
  if (failed !== undefined) return { outcome: 'failed', reason: failed };
  const broken = ends.filter(({ told: { engine, measured } }) => !engine || !measured);
  // One that was ended because of another tells nothing.
  const cause = broken.find(({ end }) => !end.includes('SIGKILL')) ?? broken[0];
  if (cause) return { outcome: 'failed', reason: cause.end };
  const runs = told.map(({ engine, ready, measured }) => ({
    engine: engine!,
    readySeconds: ready?.seconds ?? 0,
    measured: measured as Measured,
  }));
  return { outcome: 'measured', runs };
}

/** Libraries write to the output too: what is no JSON object is none of a subject's lines. */
function readLine(line: string): Lines {
  if (!line.startsWith('{')) return {};
  try {
    return JSON.parse(line) as Lines;
  } catch {
    return {};
  }
}
