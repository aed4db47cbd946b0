import { sizeOf, type Tensor } from '../graph/tensor.ts';
import { parameter } from '../networks/forward.ts';
import { learnableConvolutions, learnableParameters, type Network } from '../networks/network.ts';

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
  const convolutions = learnableConvolutions(network);
  const largest = Math.max(...convolutions.map(({ shape }) => shape[2]));
  const width = largest * largest;
  const count = convolutions.reduce((total, { shape }) => total + shape[0] * shape[1], 0);
  const rows = { shape: [count, width], data: new Float32Array(count * width) };
  const mask = { shape: [count, width], data: new Float32Array(count * width) };
  let row = 0;
  for (const { weight, shape } of convolutions) {
    const [filters, channels, k] = shape;
    const { data } = parameter(weights, weight);
    const margin = (largest - k) / 2;
    for (let kernel = 0; kernel < filters * channels; kernel++, row++) {
      for (let tap = 0; tap < k * k; tap++) {
        const place = (margin + Math.floor(tap / k)) * largest + margin + (tap % k);
        rows.data[row * width + place] = data[kernel * k * k + tap]!;
        mask.data[row * width + place] = 1;
      }
    }
  }
  const parameters = learnableParameters(network);
  const layers = convolutions.map(({ shape }) => ({
    kernels: shape[0] * shape[1],
    parameters: sizeOf(shape),
  }));
  return { rows, mask: parameters === count * width ? undefined : mask, parameters, layers };
}
