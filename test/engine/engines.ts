import { afterAll, describe, test } from 'vitest';
import { engineNames } from '../../src/catalogue/engines.ts';
import { openEngine } from '../../src/engine/open.ts';
import { Failure } from '../../src/failure.ts';
import type { Engine } from '../../src/graph/program.ts';

/** The engines that come with the packages, and those that whoever calls the tests has provided. */
const promised: readonly string[] = [
  'onnx:cpu',
  'tfjs:wasm',
  'tfjs:cpu',
  ...(process.env.NERN_SWEEP_TEST_ENGINES?.split(' ') ?? []),
];

/**
 * The same tests on each engine of this machine. What others miss is the name of a test that is skipped in their stead;
 * an engine that must be there, or is there and does not work, fails.
 */
export async function describeEngines(what: string, tests: (engine: Engine) => void): Promise<void> {
  for (const name of engineNames) {
    const engine = await openEngine({ name, threads: 2, device: 0 }).catch((error: unknown) => {
      if (isAbsence(error) && !promised.includes(name)) return error;
      throw error;
    });
    if (engine instanceof Failure) {
      test(`${what} on ${name}: ${engine.message}`, ({ skip }) => skip());
      continue;
    }
    describe(`${what} on ${name}`, () => {
      tests(engine);
      afterAll(() => engine.dispose());
    });
  }
}

const isAbsence = (error: unknown): error is Failure =>
  error instanceof Failure && error.kind === 'environment';

/** Plain JavaScript and software GPUs take a minute for what others do in a second: they are tested by less. */
export const isSlow = ({ name, device }: Engine) => name === 'tfjs:cpu' || device.kind === 'software';

/** How far from others' numbers an engine's may be, relative to the largest: GPUs sum in orders of their own. */
export const tolerance = ({ device }: Engine) => (device.kind === 'gpu' ? 1e-3 : 1e-4);
