import { type EmbeddingBasis, embedValues } from '../nern/embedding.ts';

/**
 * How alike the predictor's inputs are along the channels (NeRN, figure 8): the cosine of the embedding of (0, 0, c)
 * and that of (0, 0, `reference`), for c = 0, 1, ... `count` - 1.
 */
export function embeddingSimilarity(basis: EmbeddingBasis, reference = 31, count = 64): number[] {
  const { data, shape } = embedValues(Math.max(count, reference + 1), basis);
  const width = shape[1]!;
  const row = (value: number) => data.subarray(value * width, (value + 1) * width);
  const product = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  // Layer and filter are 0 on both sides.
  const shared = 2 * product(row(0), row(0));
  const inner = (a: number, b: number) => shared + product(row(a), row(b));
  return Array.from(
    { length: count },
    (_, c) => inner(c, reference) / Math.sqrt(inner(c, c) * inner(reference, reference)),
  );
}
