import { sizeOf, type Tensor } from '../graph/tensor.ts';
import { parameter } from '../networks/forward.ts';
import { learnableConvolutions, type Network } from '../networks/network.ts';
import { kernelCount, type Layer, layerSizes } from './coordinates.ts';

/** The target's learnable kernels as a table, in the coordinates' order: by layer, filter, channel. */
export interface TargetKernels {
  /** [kernels, k * k] with the largest k; a smaller kernel stands in the centre of zeros. */
  readonly rows: Tensor;
  /** 1 where `rows` holds a parameter; absent when all kernels have the same size. */
  readonly mask: Tensor | undefined;
  /** The number of learnable parameters. */
  readonly parameters: number;
  /** The layers in order: how many kernels and parameters each has. */
  readonly layers: readonly { readonly kernels: number; readonly parameters: number }[];
}

/** The kernels of the network's learnable convolutions, out of its weights [filters, channels, k, k]. */
export function targetKernels(network: Network, weights: ReadonlyMap<string, Tensor>): TargetKernels {
  return kernelTable(learnableConvolutions(network).map(({ weight }) => parameter(weights, weight)));
}

/** The kernels of layers [filters, channels, k, k]. */
export function kernelTable(layers: readonly Tensor[]): TargetKernels {
  const width = tableWidth(layers);
  const count = kernelCount(layers);
  const rows = { shape: [count, width], data: new Float32Array(count * width) };
  const mask = { shape: [count, width], data: new Float32Array(count * width) };
  eachTap(layers, width, (layer, value, place) => {
    rows.data[place] = layers[layer]!.data[value]!;
    mask.data[place] = 1;
  });
  const sizes = layers.map(({ shape }) => ({ kernels: shape[0]! * shape[1]!, parameters: sizeOf(shape) }));
  const parameters = sizes.reduce((total, layer) => total + layer.parameters, 0);
  return { rows, mask: parameters === count * width ? undefined : mask, parameters, layers: sizes };
}

/** The layers [filters, channels, k, k] whose kernels are in a table's rows: what `kernelTable` began with. */
export function layersOfTable(rows: Tensor, layers: readonly Layer[]): Tensor[] {
  const tensors = layers.map(({ shape }) => ({ shape, data: new Float32Array(sizeOf(shape)) }));
  eachTap(layers, rows.shape[1]!, (layer, value, place) => {
    tensors[layer]!.data[value] = rows.data[place]!;
  });
  return tensors;
}

const tableWidth = (layers: readonly Layer[]) =>
  Math.max(...layers.map(layer => layerSizes(layer).width)) ** 2;

/** Calls back with each value of each layer, and its place in a table whose rows are `width` long. */
function eachTap(
  layers: readonly Layer[],
  width: number,
  visit: (layer: number, value: number, place: number) => void,
): void {
  const largest = Math.sqrt(width);
  let row = 0;
  for (const [l, layer] of layers.entries()) {
    const { filters, channels, width: k } = layerSizes(layer);
    const margin = (largest - k) / 2;
    const places = Array.from(
      { length: k * k },
      (_, tap) => (margin + Math.floor(tap / k)) * largest + margin + (tap % k),
    );
    for (let kernel = 0; kernel < filters * channels; kernel++, row++) {
      for (let tap = 0; tap < k * k; tap++) visit(l, kernel * k * k + tap, row * width + places[tap]!);
    }
  }
}
