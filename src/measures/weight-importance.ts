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

/** Some filters of the convolution `weight`, under the name of what is computed for them. */
export interface ChosenFilters {
  readonly name: string;
  readonly weight: string;
  readonly filters: readonly number[];
}

/**
 * The average activation map of each choice of filters, over these filters and over the images: batch norm and ReLU of
 * their convolution. Input: `images` [images, 3, h, w]. Outputs: [h', w'] by the choices' names.
 */
export function activationProgram(
  network: Network,
  weights: ReadonlyMap<string, Tensor>,
  chosen: readonly ChosenFilters[],
  count: number,
): Program {
  const parameters = frozen(weights);
  const maps = new Map<string, Value>();
  forward(network, input('images', [count, ...network.input]), {
    ...parameters,
    convolve(step, x) {
      const result = parameters.convolve(step, x);
      if (!maps.has(step.weight)) maps.set(step.weight, transpose(relu(result), [1, 0, 2, 3]));
      return result;
    },
  });
  const outputs = chosen.map(({ name, weight, filters }) => {
    const map = maps.get(weight);
    if (!map) throw new Error(`The network \`${network.name}\` has no convolution \`${weight}\``);
    return [name, mean(gatherRows(map, constant(Int32Array.from(filters))), [0, 1])] as const;
  });
  return { name: 'activation', outputs: Object.fromEntries(outputs) };
}
