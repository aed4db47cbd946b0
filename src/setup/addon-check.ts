import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { Addon } from '../engine/tfjs/tensorflow-addon.ts';
import type { Device } from '../graph/program.ts';

/** What an addon did when it was tried. */
export type AddonVerdict =
  | { readonly works: true; readonly tensorflow: string; readonly device: Device }
  // A sentence, and how to mend it.
  | { readonly works: false; readonly reason: string; readonly hint?: string };

/** Loading some hundred megabytes from a slow disk takes its time; a driver that hangs takes for ever. */
const patience = 120_000;

const worker = fileURLToPath(new URL('./addon-check-worker.js', import.meta.url));

/**
 * Loads an addon in a process of its own, since a library may take the process with it, and has it compute a matrix
 * product and a convolution whose values are known.
 */
export async function checkAddon(
  addon: Addon,
  engine: 'tfjs:node' | 'tfjs:node-gpu',
  stop: AbortSignal,
): Promise<AddonVerdict> {
  const { stdout, stderr, exitCode, signal, originalMessage, timedOut } = await execa(
    process.execPath,
    [worker, engine, JSON.stringify(addon)],
    {
      // What TensorFlow misses on a GPU it tells its log alone.
      env: { TF_CPP_MIN_LOG_LEVEL: '0' },
      reject: false,
      timeout: patience,
      cancelSignal: stop,
      killSignal: 'SIGKILL',
      stdin: 'ignore',
    },
  );
  const line = stdout.split('\n').find(text => text.startsWith('{'));
  const verdict = line === undefined ? undefined : (JSON.parse(line) as AddonVerdict);
  if (verdict?.works) return verdict;
  const what = `TensorFlow${addon.libraries === undefined ? '' : ` in ${addon.libraries}`}`;
  if (timedOut)
    return { works: false, reason: `Expected ${what} to answer in ${patience / 1000} s, got nothing` };
  const said = sayingsOfGpu(stderr).map(saying => `\n    TensorFlow: ${saying}`);
  if (verdict) return { ...verdict, reason: `${verdict.reason}${said.join('')}` };
  const lines = stderr.trim().split('\n');
  const told = lines.find(text => /error|fatal|check failed/i.test(text)) ?? lines.at(-1);
  const end = signal ?? exitCode ?? originalMessage;
  return {
    works: false,
    reason: `Expected ${what} to compute, but its process ended with ${end}: ${told}`,
  };
}

/** What TensorFlow's log says about GPUs and their libraries, without the times and places before each line. */
export function sayingsOfGpu(log: string): string[] {
  return log
    .split('\n')
    .filter(line => /cuda|cudnn|cuInit|GPU|dlopen|dynamic library/i.test(line))
    .map(line => line.replace(/^.*?\.cc:\d+\] /, ''));
}
