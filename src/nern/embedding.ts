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
 * The positional embedding of the coordinate values 0, 1, ... `count` - 1, each by itself (NeRN, section 3.1):
 * [count, 2 * levels]; a value v becomes sin(v b^i pi), cos(v b^i pi), interleaved over i.
 * Powers and angles are rounded to float32 at each operation, as PyTorch does: at v = 500 a float32 angle is
 * already up to 2e-4 away from the exact one, and that is part of the embedding that the authors trained on.
 */
export function embedValues(count: number, { base, levels }: EmbeddingBasis): Tensor {
  const [b, pi] = [Math.fround(base), Math.fround(Math.PI)];
  const frequencies = Float32Array.from({ length: levels }, (_, level) => b ** level);
  const data = new Float32Array(count * 2 * levels);
  let at = 0;
  for (let value = 0; value < count; value++) {
    for (const frequency of frequencies) {
      const angle = Math.fround(Math.fround(value * frequency) * pi);
      data[at++] = Math.sin(angle);
      data[at++] = Math.cos(angle);
    }
  }
  return { shape: [count, 2 * levels], data };
}
