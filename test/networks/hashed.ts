import { sizeOf, type Tensor } from '../../src/graph/tensor.ts';
import { type Network, parameterShapes } from '../../src/networks/network.ts';
import { crc32 } from '../../src/weights/zip-checksums.ts';

/** Values in [-1, 1): murmur3's finalizer of the name's crc32 and the place, as in bench/peers/networks_reference.py. */
export function hashed(name: string, count: number): Float64Array {
  const start = crc32(Buffer.from(name));
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    let x = (i + start) | 0;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    values[i] = ((x ^ (x >>> 16)) >>> 0) / 2 ** 31 - 1;
  }
  return values;
}

/** Weights of a network that PyTorch has too, without any being stored. */
export function hashedWeights(network: Network): Map<string, Tensor> {
  return new Map(
    [...parameterShapes(network)].map(([name, shape]) => [name, hashedWeight(name, shape)] as const),
  );
}

function hashedWeight(name: string, shape: readonly number[]): Tensor {
  const [centre, spread] =
    shape.length > 1
      ? [0, Math.sqrt(6 / sizeOf(shape.slice(1)))]
      : name.endsWith('running_var')
        ? [1, 1 / 2]
        : [name.endsWith('weight') ? 0.6 : 0, 1 / 10];
  const values = hashed(name, sizeOf(shape));
  for (let i = 0; i < values.length; i++) values[i] = centre + values[i]! * spread;
  return { shape, data: new Float32Array(values) };
}

/** Images [count, 3, height, width] likewise. */
export function hashedImages(shape: readonly number[]): Tensor {
  return { shape, data: new Float32Array(hashed('images', sizeOf(shape))) };
}
