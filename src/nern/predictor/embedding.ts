import type { Tensor } from '../../graph/tensor.ts';
import { createRandom } from '../../random.ts';

/** The basis of the positional embedding: frequencies base^0 .. base^(levels - 1). */
export interface EmbeddingBasis {
  readonly base: number;
  readonly levels: number;
}

/**
 * The positional embedding of coordinate values, each by itself (NeRN, section 3.1): [values, 2 * levels]; a value v
 * becomes sin(v b^i pi), cos(v b^i pi), interleaved over i.
 * Powers and angles are rounded to float32 at each operation, as PyTorch does: at v = 500 a float32 angle is
 * already up to 2e-4 away from the exact one, and that is part of the embedding that the authors trained on.
 */
export function embedValues(values: Float32Array, { base, levels }: EmbeddingBasis): Tensor {
  const [b, pi] = [Math.fround(base), Math.fround(Math.PI)];
  const frequencies = Float32Array.from({ length: levels }, (_, level) => b ** level);
  const data = new Float32Array(values.length * 2 * levels);
  let at = 0;
  for (const value of values) {
    for (const frequency of frequencies) {
      const angle = Math.fround(Math.fround(value * frequency) * pi);
      data[at++] = Math.sin(angle);
      data[at++] = Math.cos(angle);
    }
  }
  return { shape: [values.length, 2 * levels], data };
}

/**
 * The directions of Fourier features (Tancik et al. 2020): [3 * levels, 3], normal with the standard deviations
 * `scales` along layer, filter and channel; drawn from `seed` alone, so that every run of a sweep has the same.
 */
export function fourierDirections(
  levels: number,
  scales: readonly [number, number, number],
  seed: number,
): Tensor {
  const random = createRandom(seed, 'fourier');
  const data = Float32Array.from({ length: 9 * levels }, (_, i) => random.normal() * scales[i % 3]!);
  return { shape: [3 * levels, 3], data };
}

/**
 * Fourier features of coordinates p = (l, f, c), three values a row: sin(2 pi d p), cos(2 pi d p), interleaved over the
 * directions d: [rows, 2 * directions]. In float32, as the authors' "ffn" embedding.
 */
export function embedCoordinates(coordinates: Float32Array, directions: Tensor): Tensor {
  const [count] = directions.shape as [number];
  const rows = coordinates.length / 3;
  const data = new Float32Array(rows * 2 * count);
  const pi = Math.fround(Math.PI);
  const angles = coordinates.map(value => Math.fround(2 * value) * pi);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    for (let d = 0; d < count; d++) {
      let angle = 0;
      for (let part = 0; part < 3; part++) angle += angles[3 * row + part]! * directions.data[3 * d + part]!;
      data[at++] = Math.sin(Math.fround(angle));
      data[at++] = Math.cos(Math.fround(angle));
    }
  }
  return { shape: [rows, 2 * count], data };
}
