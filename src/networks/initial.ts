import type { Random } from '../random.ts';
import { type Network, parameterShapes } from './network.ts';
import { type NetworkState, pack, parameterSlots } from './slots.ts';

/**
 * How a fresh network's filters are drawn. Normal with variance 2 / fan in, and so the classifier (`fan-in`: the CIFAR
 * ResNets of akamaster and the NeRN authors); normal with variance 2 / fan out (`fan-out`: He et al. 2015, torchvision's
 * ResNets); or as PyTorch's layers are by themselves, uniform within 1 / sqrt(fan in) (`uniform`).
 */
export type NetworkInit = 'fan-in' | 'fan-out' | 'uniform';

/**
 * A fresh network, drawn tensor by tensor in the network's order: norms are 1 and 0, biases uniform within
 * 1 / sqrt(fan in) of their layer, a classifier's weights too where `init` does not say otherwise.
 */
export function initialNetwork(network: Network, init: NetworkInit, random: Random): NetworkState {
  const shapes = parameterShapes(network);
  const draw = (name: string, shape: readonly number[], into: Float32Array) => {
    if (shape.length === 4 || (shape.length === 2 && init === 'fan-in')) {
      const bound = 1 / Math.sqrt(fanIn(shape));
      const deviation = Math.sqrt(2 / (init === 'fan-out' ? fanOut(shape) : fanIn(shape)));
      const value = init === 'uniform' ? () => within(bound, random) : () => random.normal() * deviation;
      for (let i = 0; i < into.length; i++) into[i] = value();
      return;
    }
    const layer = shape.length === 2 ? shape : layerOf(name, shapes);
    if (layer) for (let i = 0; i < into.length; i++) into[i] = within(1 / Math.sqrt(fanIn(layer)), random);
    else into.fill(name.endsWith('.weight') || name.endsWith('running_var') ? 1 : 0);
  };
  const { learned, statistics } = parameterSlots(network);
  return { learned: pack(learned, draw), statistics: pack(statistics, draw) };
}

const within = (bound: number, random: Random) => (2 * random.uniform() - 1) * bound;

const fanIn = ([, ...inputs]: readonly number[]) => inputs.reduce((product, n) => product * n, 1);

const fanOut = ([filters, , ...taps]: readonly number[]) =>
  taps.reduce((product, n) => product * n, filters!);

/** The shape of the layer that a bias belongs to; none for a norm's. */
function layerOf(bias: string, shapes: ReadonlyMap<string, readonly number[]>) {
  if (!bias.endsWith('.bias')) return undefined;
  const weight = shapes.get(bias.replace(/bias$/, 'weight'));
  return weight && weight.length > 1 ? weight : undefined;
}
