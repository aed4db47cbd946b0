import { execa } from 'execa';
import type { Outcome, Subject } from './result.ts';

/** The lines that a subject prints, each once and in this order; one of the last three ends it. */
interface Lines {
  engine?: Subject;
  ready?: { seconds: number };
  measured?: Record<string, unknown>;
  absent?: string;
  failed?: string;
}

interface Run<Measured> {
  readonly engine: Subject;
  readonly ready: { readonly seconds: number };
  readonly measured: Measured;
}

/** How processes are run: `whileRunning` is called once, when all of them are at work. */
export interface Conditions {
  readonly processes: number;
  readonly limitSeconds: number;
  readonly whileRunning?: () => Promise<void>;
}

/**
 * Runs a subject in several processes that start their work together, and judges each by what it printed, not by how it
 * ended. The first that does not get there decides the outcome of all.
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
      cleanup: true,
    }),
  );
  const said: Lines[] = children.map(() => ({}));
  let waiting = processes;
  await Promise.all(
    children.map(async (child, i) => {
      const lines = said[i]!;
      for await (const line of child.iterable()) {
        Object.assign(lines, readLine(line));
        if (lines.ready && readLine(line).ready && --waiting === 0) {
          for (const { stdin } of children) stdin.write('go\n');
          await whileRunning?.();
        }
        // The others would wait for it for ever.
        if (lines.absent ?? lines.failed) for (const other of children) other.kill('SIGKILL');
      }
      if (!lines.measured && !lines.ready) for (const other of children) other.kill('SIGKILL');
    }),
  );
  const ends = await Promise.all(children);
  const absent = said.find(lines => lines.absent);
  if (absent?.absent) return { outcome: 'absent', reason: absent.absent };
  const failed = said.find(lines => lines.failed);
  if (failed?.failed) return { outcome: 'failed', reason: failed.failed };
  const runs: Run<Measured>[] = [];
  for (const [i, { engine, ready, measured }] of said.entries()) {
    if (!engine || !measured) {
      const { timedOut, exitCode, signal, stderr } = ends[i]!;
      const end = timedOut ? `took over ${limitSeconds} s` : `ended with ${signal ?? `code ${exitCode}`}`;
      return { outcome: 'failed', reason: [`A process ${end}`, ...stderr.slice(-5)].join('\n') };
    }
    runs.push({ engine, ready: ready ?? { seconds: 0 }, measured: measured as Measured });
  }
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
