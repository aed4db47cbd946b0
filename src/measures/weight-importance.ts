import { relu } from '../graph/elementwise.ts';
import { gatherRows, transpose } from '../graph/layout.ts';
import type { Program } from '../graph/program.ts';
import { mean } from '../graph/reduction.ts';
import type { Tensor } from '../graph/tensor.ts';
import { constant, input, type Value } from '../graph/value.ts';
import { forward, frozen } from '../networks/forward.ts';
import type { Network } from '../networks/network.ts';

/*
 * What a predictor reconstructs well is what mattered to its losses (NeRN, section 5): the filters with the lowest
 * relative error are the important ones.
 */

/** A filter and its relative reconstruction error. */
export interface RankedFilter {
  readonly filter: number;
  readonly error: number;
}

/** The `count` filters with the lowest and with the highest error, from the outside in; those without an error are left out. */
export function rankFilters(
  errors: readonly number[],
  count: number,
): { lowest: RankedFilter[]; highest: RankedFilter[] } {
  const ranked = errors
    .map((error, filter) => ({ filter, error }))
    .filter(({ error }) => !Number.isNaN(error))
    .sort((a, b) => a.error - b.error || a.filter - b.filter);
  return { lowest: ranked.slice(0, count), highest: ranked.slice(-count).reverse() };
}

/**
 * The average activation map of some filters of one layer, over these filters and over the images: batch norm and ReLU
 * of the convolution `weight`. Input: `images` [images, 3, h, w]. Output: `activation` [h', w'].
 */
export function activationProgram(
  network: Network,
  weights: ReadonlyMap<string, Tensor>,
  weight: string,
  filters: readonly number[],
  count: number,
): Program {
  const parameters = frozen(weights);
  let result: Value | undefined;
  forward(network, input('images', [count, ...network.input]), {
    ...parameters,
    convolve(step, x) {
      const made = parameters.convolve(step, x);
      if (step.weight === weight) result = made;
      return made;
    },
  });
  if (!result) throw new Error(`The network \`${network.name}\` has no convolution \`${weight}\``);
  const byFilter = transpose(relu(result), [1, 0, 2, 3]);
  const chosen = gatherRows(byFilter, constant(Int32Array.from(filters)));
  return { name: 'activation', outputs: { activation: mean(chosen, [0, 1]) } };
}
