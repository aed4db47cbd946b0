import type { Engine } from '../../graph/program.ts';
import type { Sample } from '../../images/sample.ts';
import { accuracy } from '../../measures/accuracy.ts';
import { crossEntropy } from '../../measures/cross-entropy.ts';
import { kernelsOf, type Layer, layersOf } from '../../measures/layers.ts';
import type { Strip } from '../../measures/picture.ts';
import { learnableConvolutions } from '../../networks/network.ts';
import type { Configuration } from '../../spec/configuration.ts';
import type { Predict } from '../../target/predict.ts';
import type { Representation } from '../../target/represent.ts';
import type { Target } from '../../target/target.ts';
import { createClassifier } from '../classify.ts';

/** A trained predictor, and what it was trained with. */
export interface Finished {
  readonly engine: Engine;
  readonly target: Target;
  readonly representation: Representation;
  readonly predict: Predict;
  readonly parameters: Float32Array;
}

/** What an analysis looks at. */
export interface Subject extends Finished {
  readonly configuration: Configuration;
  images(split: 'train' | 'test'): Promise<Sample>;
  /** Trains a pruned predictor with these settings; what is zero stays zero. */
  fineTune(training: Configuration, pruned: Float32Array): Promise<Float32Array>;
}

/** What an analysis finds: a document, and a picture where it is one. */
export interface Finding {
  readonly document: object;
  readonly picture?: readonly Strip[];
}

/** The learnable layers of the original and the reconstructed network, and the way back to a table of kernels. */
export async function bothLayers({ target, representation, parameters, predict }: Subject) {
  const convolutions = learnableConvolutions(target.network);
  const { data, shape } = representation.kernels.rows;
  const width = shape[1]!;
  return {
    original: layersOf(data, width, convolutions),
    reconstructed: layersOf(await predict(parameters), width, convolutions),
    kernelsFrom: (layers: readonly Pick<Layer, 'data' | 'shape'>[]) => kernelsOf(layers, width, convolutions),
  };
}

/** Shows images to networks given by their kernels [kernels, k * k]. */
export function looking({ engine, target, representation }: Subject, sample: Sample) {
  const { logits, labels } = createClassifier(engine, target, representation.kernels, sample);
  return async (kernels: Float32Array) => {
    const found = await logits(kernels);
    return { accuracy: accuracy(found, labels), loss: crossEntropy(found, labels) };
  };
}

/** Tables beside each other, by their titles. */
export const strip = (title: string, tables: Record<string, number[][]>): Strip => ({
  title,
  panels: Object.entries(tables).map(([title, rows]) => ({ title, rows })),
});
