/**
 * Trains a tiny network's predictor for many steps and prints what is held in memory as it goes, one line of JSON a
 * reading: step, tensors and bytes that TensorFlow.js counts, resident memory. Flat curves are what is wanted.
 *
 *   tsx bench/leak.ts [--engine tfjs:wasm] [--steps 5000] [--every 500]
 */
import { parseArgs } from 'node:util';
import { engineNames } from '../src/engine/names.ts';
import { openEngine } from '../src/engine/open.ts';
import type { Feeds } from '../src/graph/program.ts';
import { sizeOf, type Tensor } from '../src/graph/tensor.ts';
import { adam } from '../src/nern/adam.ts';
import { kernelCount } from '../src/nern/coordinates.ts';
import { initialisePredictor } from '../src/nern/initialise.ts';
import { kernelEmbedding } from '../src/nern/kernel-embedding.ts';
import { predictorShapes } from '../src/nern/predictor-shapes.ts';
import { trainingStep } from '../src/nern/step.ts';
import { targetKernels } from '../src/nern/target-kernels.ts';
import { learnableConvolutions, parameterShapes } from '../src/networks/network.ts';
import { resnet } from '../src/networks/resnet.ts';
import { createRandom } from '../src/random.ts';

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'tfjs:wasm' },
    steps: { type: 'string', default: '5000' },
    every: { type: 'string', default: '500' },
  },
});
const [steps, every] = [Number(values.steps), Number(values.every)];
const name = engineNames.find(known => known === values.engine);
if (name === undefined) throw new Error(`Expected --engine to be one of ${engineNames.join(', ')}`);
const engine = await openEngine({ name, threads: 1, device: 0 });
const counted = name.startsWith('tfjs:') ? (await import('@tensorflow/tfjs-core')).memory : undefined;

const random = createRandom(0, 'leak');
const network = resnet(8, 'A', 10, [4, 8, 16]);
const weights = new Map(
  [...parameterShapes(network)].map(([name, shape]): [string, Tensor] => {
    const value = () => (name.endsWith('running_var') ? 1 : 0.3 * random.normal());
    return [name, { shape, data: Float32Array.from({ length: sizeOf(shape) }, value) }];
  }),
);
const layers = learnableConvolutions(network);
const count = kernelCount(layers);
const images = 4;
const shapes = predictorShapes({ inputs: 3 * 2 * 4, hidden: 16, outputs: 9 });
const optimizer = adam({ betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0 });
const places = Uint32Array.from({ length: count }, (_, i) => i);
const executable = await engine.compile(
  trainingStep({
    target: { network, weights },
    kernels: targetKernels(network, weights),
    embedding: kernelEmbedding(layers, places, { base: 1.25, levels: 4 }),
    predictorShapes: shapes,
    optimizer,
    sample: 64,
    root: 'exact',
    distillation: { images, imagesAtOnce: 2, alpha: 1e-2, beta: 1e-2 },
  }),
);

const parameters = initialisePredictor(shapes, createRandom(0, 'init'));
const state: Record<string, Tensor> = Object.fromEntries(
  Object.entries({ parameters, ...optimizer.initialState(parameters) }).map(([name, data]) => [
    name,
    { shape: [data.length], data },
  ]),
);
const pixels = Float32Array.from({ length: images * 3 * 32 * 32 }, () => random.normal());
for (let step = 0; step <= steps; step++) {
  const feeds: Record<string, Feeds[string]> = {
    ...state,
    images: { shape: [images, 3, 32, 32], data: pixels },
    sample: { shape: [64], data: Int32Array.from({ length: 64 }, () => random.below(count)) },
  };
  for (const [name, x] of Object.entries(optimizer.scalars(step, 1e-3))) {
    feeds[name] = { shape: [], data: Float32Array.of(x) };
  }
  const { loss, ...results } = await executable.run(feeds);
  for (const name of Object.keys(state)) state[name] = results[name]!;
  if (step % every === 0) report(step, loss!.data[0]!);
}
await executable.dispose();
await engine.dispose();
process.exit(0);

function report(step: number, loss: number): void {
  const { numTensors, numBytes } = counted?.() ?? {};
  const residentMiB = Math.round(process.memoryUsage().rss / 2 ** 20);
  console.log(
    JSON.stringify({ engine: name, step, loss, tensors: numTensors, bytes: numBytes, residentMiB }),
  );
}
