import { hashOf } from '../canonical-json.ts';
import type { Cell } from '../spec/cell.ts';

/**
 * Version of the method's code that computes results. Raise it whenever a change makes the same configuration and
 * seed give other numbers (a formula, an order of random draws, a default that is not in the configuration), and
 * only then: every result that is kept under the old version is computed anew.
 */
const METHOD_VERSION = 2;

/** sha256 of the content of each input that a cell's runs read, by its role; undefined where there is none. */
export type InputHashes = Readonly<Record<string, string | undefined>>;

/**
 * The hash of what determines a run's result. Paths are left out: the content of the files they name counts, so
 * that data and checkpoints can move; so is everything outside the cell's configuration (name, report, machine).
 */
export function keyOf(cell: Cell, seed: number, inputs: InputHashes): string {
  const { target, teacher, data, predictor, ...rest } = cell.configuration;
  const configuration = {
    ...rest,
    target: { ...target, weights: undefined },
    teacher: teacher === 'none' ? undefined : { ...teacher, weights: undefined },
    data: {
      ...data,
      root: undefined,
      folder: undefined,
      arrays: undefined,
      source: withoutPaths(data.source),
    },
    predictor: { ...predictor, init: { ...predictor.init, file: undefined } },
  };
  return hashOf({ method: METHOD_VERSION, configuration, seed, inputs });
}

/** A source of images without the paths that it names. */
function withoutPaths(source: Cell['configuration']['data']['source']): object {
  return { ...source, folder: undefined, images: undefined };
}
