import { join } from 'node:path';
import { writeJsonAtomic } from '../files/atomic.ts';
import type { Engine } from '../graph/program.ts';
import { accuracy } from '../measures/accuracy.ts';
import { crossEntropy } from '../measures/cross-entropy.ts';
import { embeddingSimilarity } from '../measures/embedding-similarity.ts';
import { interpolate, positions } from '../measures/interpolation.ts';
import { layerErrors } from '../measures/layer-errors.ts';
import { kernelsOf, type Layer, layersOf } from '../measures/layers.ts';
import { displace, randomDirection } from '../measures/loss-landscape.ts';
import { type Bits, decodePredictor, encodePredictor } from '../measures/predictor-codec.ts';
import { pruneByMagnitude } from '../measures/prune.ts';
import { activationProgram, rankFilters } from '../measures/weight-importance.ts';
import { reconstructionError } from '../nern/reconstruct.ts';
import { learnableConvolutions } from '../networks/network.ts';
import { createRandom } from '../random.ts';
import type { Configuration } from '../spec/configuration.ts';
import { type Classifier, createClassifier } from './classify.ts';
import type { Job } from './job.ts';
import type { Predict } from './predict.ts';
import type { Representation } from './represent.ts';
import { firstOf, normalizedImages, type Sample, sampleOf } from './sample.ts';
import type { Target } from './target.ts';

/** A trained predictor, and what it was trained with. */
export interface Finished {
  readonly engine: Engine;
  readonly target: Target;
  readonly representation: Representation;
  readonly predict: Predict;
  readonly parameters: Float32Array;
}

interface Subject extends Finished {
  readonly configuration: Configuration;
  images(split: 'train' | 'test'): Promise<Sample>;
}

/** Filters on either side of the ranking by error (NeRN, figure 5). */
const rankedFilters = 10;
/** Images that activation maps are averaged over. */
const activationImages = 128;
/** Images of each split that the losses of a landscape are taken over: it takes hundreds of passes. */
const landscapeImages = 512;
/** Coordinates along both axes of a landscape, in lengths of the network's own filters. */
const landscapeAxis: readonly number[] = Array.from({ length: 11 }, (_, i) => (i - 5) / 5);
/** Shares of the predictor's weights that are pruned (NeRN, figure 5), and the widths of those that are left. */
const prunedShares: readonly number[] = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6];
const weightBits: readonly Bits[] = [32, 8, 6, 4];

async function errorsByLayer(subject: Subject) {
  const { original, reconstructed } = await bothLayers(subject);
  return { layers: layerErrors(original, reconstructed) };
}

async function weightImportance(subject: Subject) {
  const { engine, target } = subject;
  const { original, reconstructed } = await bothLayers(subject);
  const ranked = layerErrors(original, reconstructed).map(({ layer, filters }) => ({
    layer,
    ...rankFilters(filters, rankedFilters),
  }));
  const sides = ['lowest', 'highest'] as const;
  const chosen = ranked.flatMap(ranks =>
    sides.map(side => ({
      name: `${ranks.layer}/${side}`,
      weight: ranks.layer,
      filters: ranks[side].map(({ filter }) => filter),
    })),
  );
  const images = normalizedImages(firstOf(await subject.images('test'), activationImages));
  const count = images.shape[0]!;
  const program = await engine.compile(activationProgram(target.network, target.weights, chosen, count));
  const maps = await program.run({ images });
  const mapOf = (name: string) => rowsOf(maps[name]!.data, maps[name]!.shape[1]!);
  return {
    images: count,
    layers: ranked.map(ranks => ({
      ...ranks,
      activation: {
        lowest: mapOf(`${ranks.layer}/lowest`),
        highest: mapOf(`${ranks.layer}/highest`),
      },
    })),
  };
}

async function interpolation(subject: Subject) {
  const { rows } = subject.representation.kernels;
  const predicted = await subject.predict(subject.parameters);
  const look = await looking(subject, await subject.images('test'));
  const points = [];
  for (const t of positions) {
    const kernels = interpolate(rows.data, predicted, t);
    const distance = reconstructionError(kernels, subject.representation.kernels);
    points.push({ t, distance, ...(await look(kernels)) });
  }
  return { points };
}

async function lossLandscape(subject: Subject) {
  const { reconstructed, kernelsFrom } = await bothLayers(subject);
  const directions = ['first', 'second'].map(stream =>
    kernelsFrom(randomDirection(reconstructed, createRandom(0, `landscape ${stream}`))),
  ) as [Float32Array, Float32Array];
  const centre = kernelsFrom(reconstructed);
  const surface = async (split: 'train' | 'test') => {
    const sample = firstOf(await subject.images(split), landscapeImages);
    const look = await looking(subject, sample);
    const grid = [];
    for (const a of landscapeAxis) {
      const row = [];
      for (const b of landscapeAxis) row.push(await look(displace(centre, directions, [a, b])));
      grid.push(row);
    }
    return {
      images: sample.images.count,
      loss: grid.map(row => row.map(({ loss }) => loss)),
      accuracy: grid.map(row => row.map(place => place.accuracy)),
    };
  };
  return { axis: landscapeAxis, train: await surface('train'), test: await surface('test') };
}

async function similarityOfEmbeddings({ configuration }: Subject) {
  const reference = 31;
  return { reference, similarity: embeddingSimilarity(configuration.predictor.embedding, reference) };
}

async function metaCompression(subject: Subject) {
  const { parameters, predict, representation } = subject;
  const { predictorShapes, kernels } = representation;
  const look = await looking(subject, await subject.images('test'));
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
  return { originalBytes: 4 * kernels.parameters, points };
}

const analyses = {
  'layer-errors': errorsByLayer,
  'weight-importance': weightImportance,
  interpolation,
  'loss-landscape': lossLandscape,
  'embedding-similarity': similarityOfEmbeddings,
  'meta-compression': metaCompression,
} satisfies Partial<Record<Configuration['evaluate'][number], (subject: Subject) => Promise<object>>>;

/** What `evaluate` in a spec can name and is more than one number. */
export type Analysis = keyof typeof analyses;

export const isAnalysis = (name: string): name is Analysis => Object.hasOwn(analyses, name);

/** Writes measures/<name>.json of each analysis into the run's folder. */
export async function writeAnalyses(
  { directory, configuration, specFolder }: Job,
  names: readonly Analysis[],
  finished: Finished,
): Promise<void> {
  const images: Subject['images'] = split => sampleOf(configuration, specFolder, split);
  for (const name of names) {
    const document = await analyses[name]({ ...finished, configuration, images });
    await writeJsonAtomic(join(directory, 'measures', `${name}.json`), document);
  }
}

/** The learnable layers of the original and the reconstructed network, and the way back to a table of kernels. */
async function bothLayers({ target, representation, parameters, predict }: Subject) {
  const convolutions = learnableConvolutions(target.network);
  const { data, shape } = representation.kernels.rows;
  const width = shape[1]!;
  return {
    original: layersOf(data, width, convolutions),
    reconstructed: layersOf(await predict(parameters), width, convolutions),
    kernelsFrom: (layers: readonly Pick<Layer, 'data' | 'shape'>[]) => kernelsOf(layers, width, convolutions),
  };
}

/** Shows images to networks given by their kernels. */
async function looking({ engine, target, representation }: Subject, sample: Sample) {
  const { logits, labels }: Classifier = createClassifier(engine, target, representation.kernels, sample);
  return async (kernels: Float32Array) => {
    const found = await logits(kernels);
    return { accuracy: accuracy(found, labels), loss: crossEntropy(found, labels) };
  };
}

/** A row-major table as rows of numbers. */
function rowsOf(data: Float32Array, width: number): number[][] {
  return Array.from({ length: data.length / width }, (_, row) => [
    ...data.subarray(row * width, (row + 1) * width),
  ]);
}
