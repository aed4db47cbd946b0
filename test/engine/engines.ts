import { afterAll, describe } from 'vitest';
import { type EngineName, engineNames } from '../../src/engine/names.ts';
import { openEngine } from '../../src/engine/open.ts';
import { Failure } from '../../src/failure.ts';
import type { Engine } from '../../src/graph/program.ts';

/** Plain JavaScript takes minutes for what others do in a second. */
const slow: readonly EngineName[] = ['tfjs:cpu'];

/**
 * The same tests on each engine that can be opened on this machine; those of the others are skipped, with the reason in
 * their name.
 */
export async function describeEngines(
  what: string,
  tests: (engine: Engine) => void,
  names: readonly EngineName[] = engineNames,
): Promise<void> {
  for (const name of names) {
    try {
      const engine = await openEngine({ name, threads: 2, device: 0 });
      describe(`${what} on ${name}`, () => {
        tests(engine);
        afterAll(() => engine.dispose());
      });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      describe.skip(`${what} on ${name}: ${error.message}`, () => tests({} as Engine));
    }
  }
}

export const fastEngines = engineNames.filter(name => !slow.includes(name));
