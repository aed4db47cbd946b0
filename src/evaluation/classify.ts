import { type Labels, planeOf } from '../data/images.ts';
import { normalizationTable, normalizeImages, normalizePixels } from '../data/normalize.ts';
import type { Engine } from '../graph/program.ts';
import { sizeOf, type Tensor } from '../graph/tensor.ts';
import type { Sample } from '../images/sample.ts';
import { type Attack, ascend, imageGradientProgram } from '../measures/attack.ts';
import { classificationProgram } from '../nern/predictor/reconstruct.ts';
import type { TargetKernels } from '../nern/target-kernels.ts';
import { once } from '../once.ts';
import type { Target } from '../target/target.ts';

/** The most images classified in one call: as many for each thread as stay in its caches. */
export const imagesPerCall = ({ imagesAtOnce, threads }: Engine) => imagesAtOnce * threads;

/** Shows a set of images to a target whose learnable kernels are replaced by others, [kernels, k * k]. */
export interface Classifier {
  readonly labels: Labels;
  /** The logits [images, classes]. */
  logits(kernels: Float32Array): Promise<Tensor>;
  /** The logits of the images as the attack has changed them, knowing the network and the labels. */
  attacked(kernels: Float32Array, attack: Attack): Promise<Tensor>;
}

/** Programs are compiled when they are first needed. */
export function createClassifier(
  engine: Engine,
  { network, weights }: Target,
  kernels: TargetKernels,
  { images, normalization }: Sample,
): Classifier {
  const batch = Math.min(imagesPerCall(engine), images.count);
  const shape = [batch, ...network.input];
  const classification = once(() => engine.compile(classificationProgram(network, weights, kernels, batch)));
  const imageGradient = once(() => engine.compile(imageGradientProgram(network, weights, kernels, batch)));
  const table = normalizationTable(normalization);
  const plane = planeOf(images);
  const normalized = { shape, data: new Float32Array(sizeOf(shape)) };

  /** The logits of all images, a batch at a time; `prepare` writes a batch, normalised, into `normalized`. */
  const classify = async (
    predicted: Float32Array,
    prepare: (from: number, count: number) => Promise<void>,
  ): Promise<Tensor> => {
    const program = await classification();
    const all = {
      shape: [images.count, network.classes],
      data: new Float32Array(images.count * network.classes),
    };
    for (let from = 0; from < images.count; from += batch) {
      const count = Math.min(batch, images.count - from);
      await prepare(from, count);
      const rows = { shape: kernels.rows.shape, data: predicted };
      const { logits } = await program.run({ kernels: rows, images: normalized });
      all.data.set(logits!.data.subarray(0, count * network.classes), from * network.classes);
    }
    return all;
  };

  const clean = async (from: number, count: number) =>
    normalizeImages(await images.read(from, count), plane, table, normalized.data);
  return {
    labels: images.labels,
    logits: predicted => classify(predicted, clean),
    async attacked(predicted, attack) {
      const program = await imageGradient();
      const rows = { shape: kernels.rows.shape, data: predicted };
      const pixels = new Float32Array(normalized.data.length);
      return classify(predicted, async (from, count) => {
        const bytes = await images.read(from, count);
        const labels = oneHot(images.labels.subarray(from, from + count), [batch, network.classes]);
        for (let i = 0; i < bytes.length; i++) pixels[i] = bytes[i]! / 255;
        normalizeImages(bytes, plane, table, normalized.data);
        for (let step = 0; step < attack.steps; step++) {
          const { gradient } = await program.run({ kernels: rows, images: normalized, labels });
          ascend(pixels, bytes, gradient!.data, attack);
          normalizePixels(pixels, plane, normalization, normalized.data);
        }
      });
    },
  };
}

/** Rows of zeros with a one at each label; rows without a label stay zero. */
function oneHot(labels: Labels, shape: readonly [number, number]): Tensor {
  const data = new Float32Array(sizeOf(shape));
  for (const [i, label] of labels.entries()) data[i * shape[1] + label] = 1;
  return { shape, data };
}
