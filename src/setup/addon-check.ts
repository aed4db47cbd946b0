import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { Addon } from '../engine/tfjs/tensorflow-addon.ts';
import { Failure } from '../failure.ts';
import type { Device } from '../graph/program.ts';

/** What an addon did when it was tried. */
export type AddonVerdict =
  | { readonly works: true; readonly tensorflow: string; readonly device: Device }
  | { readonly works: false; readonly reason: string; readonly hint?: string };

/** Loading some hundred megabytes from a slow disk takes its time; a driver that hangs takes for ever. */
const patience = 120_000;

const worker = fileURLToPath(new URL('./addon-check-worker.js', import.meta.url));

/**
 * Loads an addon in a process of its own, since a library may take the process with it, and has it compute a matrix
 * product and a convolution whose values are known.
 */
export async function checkAddon(addon: Addon, engine: 'tfjs:node' | 'tfjs:node-gpu'): Promise<AddonVerdict> {
  const { stdout, stderr, exitCode, signal, timedOut } = await execa(
    process.execPath,
    [worker, engine, JSON.stringify(addon)],
    { reject: false, timeout: patience, killSignal: 'SIGKILL', stdin: 'ignore' },
  );
  const verdict = stdout.split('\n').find(line => line.startsWith('{'));
  if (verdict !== undefined) return JSON.parse(verdict) as AddonVerdict;
  if (timedOut) return { works: false, reason: `it did not answer in ${patience / 1000} s` };
  const last = stderr.trim().split('\n').at(-1) ?? '';
  return { works: false, reason: `the process ended with ${signal ?? exitCode}: ${last}` };
}

/** The Failure of kind 'environment' for an addon that does not work. */
export const refusal = (what: string, { reason, hint }: { reason: string; hint?: string }): Failure =>
  new Failure('environment', `Expected ${what} to compute, but ${reason}`, hint);
