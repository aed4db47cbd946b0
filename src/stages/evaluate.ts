import type { Images } from '../data/images.ts';
import { type Normalization, normalizationTable, normalizeImages } from '../data/normalize.ts';
import type { Engine } from '../graph/program.ts';
import { classificationProgram, predictionProgram, reconstructionError } from '../nern/reconstruct.ts';
import type { Representation } from './represent.ts';
import type { Target } from './target.ts';

/** Images classified in one call: as many for each thread as stay in its caches. */
export const imagesPerCall = ({ imagesAtOnce, threads }: Engine) => imagesAtOnce * threads;

/** What `evaluate` in a spec can name. */
export type Measure = 'accuracy' | 'reconstruction-error';

export const units: Readonly<Record<Measure, string>> = { accuracy: '%', 'reconstruction-error': '' };

export interface Evaluator {
  /** Measures the network that a predictor with these parameters reconstructs. */
  measure(parameters: Float32Array): Promise<Partial<Record<Measure, number>>>;
  /** The same for the original network; its reconstruction error is zero. */
  original(): Promise<Partial<Record<Measure, number>>>;
}

/**
 * `test`, the images to classify, is given when accuracy is to be measured. What measuring takes is compiled when it is
 * first done: training starts sooner.
 */
export function createEvaluator(
  engine: Engine,
  target: Target,
  representation: Representation,
  measures: readonly Measure[],
  test: { readonly images: Images; readonly normalization: Normalization } | undefined,
): Evaluator {
  const { kernels } = representation;
  const predictor = once(() => engine.compile(predictionProgram(representation)));
  const accuracy = test && createAccuracy(engine, target, representation, test);
  const measure = async (predicted: Float32Array) => {
    const results: Partial<Record<Measure, number>> = {};
    if (accuracy) results.accuracy = await accuracy(predicted);
    if (measures.includes('reconstruction-error')) {
      results['reconstruction-error'] = reconstructionError(predicted, kernels);
    }
    return results;
  };
  return {
    async measure(parameters) {
      const predict = await predictor();
      const { kernels: predicted } = await predict.run({
        parameters: { shape: [parameters.length], data: parameters },
      });
      return measure(predicted!.data);
    },
    original: () => measure(kernels.rows.data),
  };
}

/** The share of test images, in percent, whose class the network with the given kernels finds. */
function createAccuracy(
  engine: Engine,
  { network, weights }: Target,
  { kernels }: Representation,
  { images, normalization }: { images: Images; normalization: Normalization },
): (predicted: Float32Array) => Promise<number> {
  const batch = imagesPerCall(engine);
  const program = once(() => engine.compile(classificationProgram(network, weights, kernels, batch)));
  const table = normalizationTable(normalization);
  const pixels = new Float32Array(batch * images.channels * images.height * images.width);
  return async predicted => {
    const classify = await program();
    let correct = 0;
    for (let from = 0; from < images.count; from += batch) {
      const count = Math.min(batch, images.count - from);
      normalizeImages(images, table, from, count, pixels);
      const { logits } = await classify.run({
        kernels: { shape: kernels.rows.shape, data: predicted },
        images: { shape: [batch, ...network.input], data: pixels },
      });
      for (let i = 0; i < count; i++) {
        const row = logits!.data.subarray(i * network.classes, (i + 1) * network.classes);
        if (indexOfLargest(row) === images.labels[from + i]) correct++;
      }
    }
    return (100 * correct) / images.count;
  };
}

/** Makes a thing at the first call. */
function once<Thing>(make: () => Thing): () => Thing {
  let made: { thing: Thing } | undefined;
  return () => {
    made ??= { thing: make() };
    return made.thing;
  };
}

/** The first of several equal ones counts, as everywhere. */
export function indexOfLargest(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}
