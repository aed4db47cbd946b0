import { afterAll, describe } from 'vitest';
import { engineNames } from '../../src/engine/names.ts';
import { openEngine } from '../../src/engine/open.ts';
import { Failure } from '../../src/failure.ts';
import type { Engine } from '../../src/graph/program.ts';

/**
 * The same tests on each engine that can be opened on this machine; those of the others are skipped, with the reason in
 * their name.
 */
export async function describeEngines(what: string, tests: (engine: Engine) => void): Promise<void> {
  for (const name of engineNames) {
    try {
      const engine = await openEngine({ name, threads: 2, device: 0 });
      describe(`${what} on ${name}`, () => {
        tests(engine);
        afterAll(() => engine.dispose());
      });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      describe.skip(`${what} on ${name}: ${error.message}`, () => tests({ name } as Engine));
    }
  }
}

/** Plain JavaScript and software GPUs take a minute for what others do in a second: they are tested by less. */
export const isSlow = ({ name, device }: Engine) => name === 'tfjs:cpu' || device?.kind === 'software';

/** How far from others' numbers an engine's may be, relative to the largest: GPUs sum in orders of their own. */
export const tolerance = ({ device }: Engine) => (device?.kind === 'gpu' ? 1e-3 : 1e-4);
