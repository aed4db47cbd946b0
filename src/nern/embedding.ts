import type { Tensor } from '../graph/tensor.ts';

/** The basis of the positional embedding: frequencies base^0 .. base^(levels - 1). */
export interface EmbeddingBasis {
  readonly base: number;
  readonly levels: number;
}

/** Inputs of the predictor: sine and cosine of every level, for each of the three coordinates. */
export function embeddingSize(basis: EmbeddingBasis): number {
  return 3 * 2 * basis.levels;
}

/**
 * Positional embedding of kernel coordinates (NeRN, section 3.1): [kernels, 3 * 2 * levels]; a coordinate value v
 * becomes sin(v b^i pi), cos(v b^i pi), interleaved over i, and the parts of l, f and c follow one another.
 * Powers and angles are rounded to float32 at each operation, as PyTorch does: at v = 500 a float32 angle is
 * already up to 2e-4 away from the exact one, and that is part of the embedding that the authors trained on.
 */
export function embed(coordinates: Int32Array, basis: EmbeddingBasis): Tensor {
  const frequencies = powers(basis);
  const parts = new Map<number, Float32Array>();
  const width = 2 * basis.levels;
  const data = new Float32Array(coordinates.length * width);
  for (let i = 0; i < coordinates.length; i++) {
    const value = coordinates[i]!;
    let part = parts.get(value);
    if (part === undefined) {
      part = embedValue(value, frequencies);
      parts.set(value, part);
    }
    data.set(part, i * width);
  }
  return { shape: [coordinates.length / 3, 3 * width], data };
}

/** The embedding of the coordinate values 0, 1, ... `count` - 1 each by itself: [count, 2 * levels]. */
export function embedValues(count: number, basis: EmbeddingBasis): Tensor {
  const frequencies = powers(basis);
  const width = 2 * basis.levels;
  const data = new Float32Array(count * width);
  for (let value = 0; value < count; value++) data.set(embedValue(value, frequencies), value * width);
  return { shape: [count, width], data };
}

function powers({ base, levels }: EmbeddingBasis): Float32Array {
  const rounded = Math.fround(base);
  return Float32Array.from({ length: levels }, (_, level) => rounded ** level);
}

function embedValue(value: number, frequencies: Float32Array): Float32Array {
  const part = new Float32Array(2 * frequencies.length);
  const pi = Math.fround(Math.PI);
  for (const [level, frequency] of frequencies.entries()) {
    const angle = Math.fround(Math.fround(value * frequency) * pi);
    part[2 * level] = Math.sin(angle);
    part[2 * level + 1] = Math.cos(angle);
  }
  return part;
}
