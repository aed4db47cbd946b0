import { embeddingSimilarity } from '../../measures/embedding-similarity.ts';
import { decodePredictor, encodePredictor } from '../../measures/predictor-codec.ts';
import { pruneByMagnitude } from '../../measures/prune.ts';
import { reconstructionError } from '../../nern/predictor/reconstruct.ts';
import { fineTuning } from '../../spec/fine-tuning.ts';
import { type Finding, looking, type Subject } from './subject.ts';

/** How alike the embeddings of channels are. */
export async function similarityOfEmbeddings({ configuration }: Subject): Promise<Finding> {
  const reference = 31;
  const similarity = embeddingSimilarity(configuration.predictor.embedding, reference);
  return { document: { reference, similarity } };
}

/** How much smaller the predictor can be stored, and what that costs. */
export async function metaCompression(subject: Subject): Promise<Finding> {
  const { parameters, predict, representation, configuration } = subject;
  const { predictorShapes, kernels } = representation;
  const { pruned: shares, bits: widths, fineTune } = configuration.compression;
  const look = looking(subject, await subject.images('test'));
  const measure = async (predictor: Float32Array, about: { pruned: number; fineTuned?: number }) => {
    const points = [];
    for (const bits of widths) {
      const bytes = encodePredictor(predictor, predictorShapes, bits);
      const rows = await predict(decodePredictor(bytes, predictorShapes, bits));
      const error = reconstructionError(rows, kernels);
      points.push({ ...about, bits, bytes: bytes.length, ...(await look(rows)), error });
    }
    return points;
  };
  const points = [];
  for (const share of shares) {
    const pruned = pruneByMagnitude(parameters, predictorShapes, share);
    points.push(...(await measure(pruned, { pruned: share })));
    if (fineTune === undefined || share === 0) continue;
    const tuned = await subject.fineTune(fineTuning(configuration, fineTune), pruned);
    points.push(...(await measure(tuned, { pruned: share, fineTuned: fineTune.iterations })));
  }
  return { document: { originalBytes: 4 * kernels.parameters, points } };
}
