import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import sharp from 'sharp';
import { corruptions } from '../../src/data/shifted.ts';
import { runDirectory, writeResult } from '../../src/execute/trials.ts';
import { initialisePredictor } from '../../src/nern/predictor/initialise.ts';
import { initialNetwork } from '../../src/networks/initial.ts';
import { learnableConvolutions } from '../../src/networks/network.ts';
import { namedTensors } from '../../src/networks/slots.ts';
import type { ParameterShapes } from '../../src/optim/parameters.ts';
import { createRandom } from '../../src/random.ts';
import type { Configuration } from '../../src/spec/configuration.ts';
import { permutationOf } from '../../src/spec/permutation.ts';
import { phasesOf } from '../../src/spec/phases.ts';
import type { Ordered } from '../../src/target/given-permutation.ts';
import { encodePredictorFile } from '../../src/target/predictor-file.ts';
import { shapesOf } from '../../src/target/represent.ts';
import { architectureByName, isMade, loadTarget, storedName } from '../../src/target/target.ts';
import { writeSafetensors } from '../../src/weights/safetensors.ts';
import { storedIntegers } from '../../src/weights/stored.ts';
import { newFolder } from './files.ts';
import { placedIn } from './inputs.ts';
import { npy, npyLabels } from './npy.ts';
import { execute } from './whole-runs.ts';

/*
 * Every file that a spec can name, as small as it can be: data sets of a few images in a folder `data`, and in a folder of
 * the spec's own what depends on its networks.
 */

/** The data root as specs see it that lie beside it. */
export const dataFolder = '../data';

/** A folder of images, one of which cannot be decoded. */
export const broken = 'broken';

/** The files that specs name. */
export const names = {
  target: 'target.safetensors',
  teacher: 'teacher.safetensors',
  ownTeacher: 'own-teacher.safetensors',
  predictor: 'predictor.safetensors',
  inFilter: 'in-filter.safetensors',
  crossFilter: 'cross-filter.safetensors',
  layers: 'network.yaml',
  onnx: 'network.onnx',
  /** The folder of another sweep, from the working directory. */
  sweep: 'SWEEP',
};

/** Rows, and columns, of the images. */
export const sideOf = (dataset: Configuration['target']['dataset']) => (dataset === 'stl10' ? 96 : 32);

/** One layer of every kind. */
const layers = `name: every-kind
layers:
  - { kind: convolution, name: stem, norm: stem_norm, filters: 4, size: 5, stride: 2 }
  - { kind: relu, to: start }
  - { kind: max-pool, size: 3, stride: 2, ceil: true, to: pooled }
  - { kind: convolution, name: left, filters: 4, size: 3, bias: true, compared: false }
  - { kind: norm, name: left_norm }
  - { kind: add, from: [left_norm, pooled], to: sum }
  - { kind: convolution, name: right, filters: 3, size: 1, bias: true, from: pooled }
  - { kind: concatenate, from: [right, sum] }
  - { kind: average-pool, size: 2 }
  - { kind: subsample, channels: 9 }
  - { kind: convolution, name: top, filters: 4, size: 3, epsilon: 0.001, norm: top_norm }
  - { kind: relu }
  - { kind: flatten }
  - { kind: linear, name: hidden, outputs: 6 }
  - { kind: relu }
  - { kind: linear, name: head }
`;

const bytes = (count: number, seed: string) => {
  const random = createRandom(0, seed);
  return Uint8Array.from({ length: count }, () => random.below(256));
};

/** Records of CIFAR's binary files. */
function cifar(count: number, labels: readonly number[]): Uint8Array {
  const record = (i: number) => [...labels.map(classes => i % classes), ...bytes(3072, `record ${i}`)];
  return Uint8Array.from(Array.from({ length: count }, (_, i) => record(i)).flat());
}

const images = (count: number, side: number) =>
  npy('|u1', [count, side, side, 3], bytes(count * side * side * 3, 'npy'));

const labelsOf = (count: number) => npyLabels(Array.from({ length: count }, (_, i) => i % 10));

/** So many images each set has to train with; to test on it has fewer. */
const trained = 12;
const tested = 8;

async function sets(): Promise<Record<string, Uint8Array>> {
  const picture = (seed: string) =>
    sharp(bytes(40 * 36 * 3, seed), { raw: { width: 40, height: 36, channels: 3 } })
      .jpeg()
      .toBuffer();
  const pictures: Record<string, Uint8Array> = {};
  const folders = { images: ['train', 'val'], imagenet: ['train', 'val'], [broken]: ['train', 'test'] };
  for (const [folder, parts] of Object.entries(folders))
    for (const part of parts)
      for (const name of ['a', 'b', 'c'])
        for (let i = 0; i < 4; i++)
          pictures[`${folder}/${part}/${name}/${i}.jpg`] = await picture(`${part} ${name} ${i}`);
  pictures[`${broken}/train/b/9.jpg`] = Buffer.from('no image');
  for (const name of ['n01443537', 'n01484850'])
    for (let i = 0; i < 2; i++) pictures[`imagenet-r/${name}/${i}.jpg`] = await picture(`${name} ${i}`);
  const shifted = ['CIFAR-10-C', 'CIFAR-100-C'].flatMap(folder => [
    [`${folder}/labels.npy`, labelsOf(5 * 4)] as const,
    ...corruptions.map(name => [`${folder}/${name}.npy`, images(5 * 4, 32)] as const),
  ]);
  const stl = (count: number) => bytes(count * 3 * 96 * 96, 'stl10');
  return {
    ...pictures,
    ...Object.fromEntries(shifted),
    ...Object.fromEntries(
      [1, 2, 3, 4, 5].map(i => [`cifar-10-batches-bin/data_batch_${i}.bin`, cifar(3, [10])]),
    ),
    'cifar-10-batches-bin/test_batch.bin': cifar(tested, [10]),
    'cifar-100-binary/train.bin': cifar(trained, [20, 100]),
    'cifar-100-binary/test.bin': cifar(tested, [20, 100]),
    'stl10_binary/train_X.bin': stl(6),
    'stl10_binary/train_y.bin': Uint8Array.of(1, 2, 3, 4, 5, 10),
    'stl10_binary/test_X.bin': stl(4),
    'stl10_binary/test_y.bin': Uint8Array.of(1, 2, 3, 10),
    'stl10_binary/unlabeled_X.bin': stl(5),
    'train.npz': zipSync({ 'images.npy': images(trained, 32), 'labels.npy': labelsOf(trained) }),
    'test.npz': zipSync({ 'images.npy': images(tested, 32), 'labels.npy': labelsOf(tested) }),
    'images-32.npy': images(trained, 32),
    'images-96.npy': images(6, 96),
    'train-labels.npy': labelsOf(trained),
    'test-labels.npy': labelsOf(trained),
  };
}

/** Where specs and their files are. */
export interface World {
  readonly root: string;
  /** The folder of a finished sweep, whose target is resnet8 on the procedural images. */
  readonly sweep: string;
}

/** The data root, and a sweep that is done. */
export async function openWorld(): Promise<World> {
  const files = Object.entries(await sets()).map(([name, content]) => [`data/${name}`, content]);
  const root = newFolder(Object.fromEntries(files));
  const sweep = join(root, 'runs', 'done');
  const { runs, plan } = await execute(`name: done
target: { network: resnet8, dataset: procedural, weights: embedded }
data: { test: 8 }
predictor: { hidden: 6, embedding: { levels: 3 } }
phases: reconstruction
iterations: 2
seeds: [0]
`);
  for (const [i, { result, files }] of runs.entries())
    await writeResult(runDirectory(sweep, plan.runs[i]!.run), result, files);
  return { root, sweep };
}

/** Writes the files that the configurations of a spec name into its folder, `folder`. */
export async function furnish(folder: string, configurations: readonly Configuration[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, names.layers), layers);
  await copyFile('test/fixtures/onnx/folded.onnx', join(folder, names.onnx));
  for (const configuration of configurations) {
    const { target, teacher } = configuration;
    const own = target.train?.teacher ?? 'none';
    if (target.weights === names.target) await network(folder, configuration, names.target);
    if (teacher !== 'none')
      await network(folder, { ...configuration, target: { ...target, ...teacher } }, names.teacher);
    if (own !== 'none')
      await network(folder, { ...configuration, target: { ...target, ...own } }, names.ownTeacher);
    const placed = await placedIn(folder, configuration);
    const known = isMade(placed) ? await architectureByName(placed) : await loadTarget(placed);
    if (permutationOf(configuration).file !== undefined) await permutation(folder, configuration, known);
    for (const phase of phasesOf(configuration)) {
      const { init } = phase.configuration.predictor;
      if (init.method === 'checkpoint') await predictor(folder, shapesOf(known.network, configuration));
    }
  }
}

/** A fresh network of the configuration's target, with names of its own for its file. */
async function network(folder: string, configuration: Configuration, name: string): Promise<void> {
  const { network } = await architectureByName(await placedIn(folder, configuration));
  const weights = namedTensors(network, initialNetwork(network, 'fan-in', createRandom(0, name)));
  await writeFile(join(folder, name), writeSafetensors(weights));
}

async function predictor(folder: string, shapes: ParameterShapes): Promise<void> {
  const parameters = initialisePredictor(shapes, createRandom(0, 'predictor'));
  await writeFile(join(folder, names.predictor), encodePredictorFile(parameters, shapes));
}

/** Every path the other way round. */
async function permutation(folder: string, configuration: Configuration, target: Ordered): Promise<void> {
  const { mode } = permutationOf(configuration);
  const backwards = (count: number) => Array.from({ length: count }, (_, i) => count - 1 - i);
  const tensors = learnableConvolutions(target.network).flatMap(({ weight, shape: [filters, channels] }) => {
    const name = target.weights === undefined ? weight : storedName(target, weight);
    const paths: [string, number[]][] =
      mode === 'cross-filter'
        ? [[`${name}.kernels`, backwards(filters * channels)]]
        : [
            [`${name}.filters`, backwards(filters)],
            [`${name}.channels`, Array.from({ length: filters }, () => backwards(channels)).flat()],
          ];
    return paths.map(([key, path]) => {
      const indices = { shape: [path.length], data: Float32Array.from(path) };
      return [key, storedIntegers(indices)] as const;
    });
  });
  const name = mode === 'cross-filter' ? names.crossFilter : names.inFilter;
  await writeFile(join(folder, name), writeSafetensors(new Map(tensors)));
}
