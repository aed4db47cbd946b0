import {
  type EmbeddingSettings,
  type KernelEmbedding,
  kernelEmbedding,
} from '../nern/predictor/kernel-embedding.ts';

/**
 * How alike the predictor's inputs are along the channels (NeRN, figure 8): the cosine of the embedding of (0, 0, c)
 * and that of (0, 0, `reference`), for c = 0, 1, ... `count` - 1, in a layer of so many channels.
 */
export function embeddingSimilarity(settings: EmbeddingSettings, reference = 31, count = 64): number[] {
  const channels = Uint32Array.from({ length: count }, (_, c) => c);
  const rows = rowsOf(kernelEmbedding([{ shape: [1, count, 1, 1] }], channels, settings));
  const product = (a: number, b: number) => rows[a]!.reduce((sum, value, i) => sum + value * rows[b]![i]!, 0);
  return Array.from(
    { length: count },
    (_, c) => product(c, reference) / Math.sqrt(product(c, c) * product(reference, reference)),
  );
}

/** The embedding of each kernel. */
function rowsOf({ code, places }: KernelEmbedding): number[][] {
  const { data, shape } = code.kind === 'joint' ? code.table : code.values;
  const width = shape[1]!;
  const row = (index: number) => [...data.subarray(index * width, (index + 1) * width)];
  return Array.from(places, (place, kernel) => {
    if (code.kind === 'joint') return row(place);
    const parts = code.coordinates.map(column => row(column[kernel]!));
    if (code.fusion === 'concatenate') return parts.flat();
    return parts[0]!.map((_, i) => parts.reduce((sum, part) => sum + part[i]!, 0));
  });
}
