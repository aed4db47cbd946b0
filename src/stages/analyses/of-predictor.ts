import { embeddingSimilarity } from '../../measures/embedding-similarity.ts';
import { type Bits, decodePredictor, encodePredictor } from '../../measures/predictor-codec.ts';
import { pruneByMagnitude } from '../../measures/prune.ts';
import { reconstructionError } from '../../nern/reconstruct.ts';
import { type Finding, looking, type Subject } from './subject.ts';

/** Shares of the predictor's weights that are pruned (NeRN, figure 5), and the widths of those that are left. */
const prunedShares: readonly number[] = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6];
const weightBits: readonly Bits[] = [32, 8, 6, 4];

/** How alike the embeddings of channels are. */
export async function similarityOfEmbeddings({ configuration }: Subject): Promise<Finding> {
  const reference = 31;
  const similarity = embeddingSimilarity(configuration.predictor.embedding, reference);
  return { document: { reference, similarity } };
}

/** How much smaller the predictor can be stored, and what that costs. */
export async function metaCompression(subject: Subject): Promise<Finding> {
  const { parameters, predict, representation } = subject;
  const { predictorShapes, kernels } = representation;
  const look = looking(subject, await subject.images('test'));
  const points = [];
  for (const share of prunedShares) {
    const pruned = pruneByMagnitude(parameters, predictorShapes, share);
    for (const bits of weightBits) {
      const bytes = encodePredictor(pruned, predictorShapes, bits);
      const rows = await predict(decodePredictor(bytes, predictorShapes, bits));
      const error = reconstructionError(rows, kernels);
      points.push({ pruned: share, bits, bytes: bytes.length, ...(await look(rows)), error });
    }
  }
  return { document: { originalBytes: 4 * kernels.parameters, points } };
}
