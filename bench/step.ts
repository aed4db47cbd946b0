/**
 * Times one thing that training does, as its counterpart bench/peers/torch_step.py does: ResNet20 (shortcut A),
 * hidden size 160, 240 embedding values, 4,096 sampled kernels. Prints one line of JSON.
 *
 *   tsx bench/step.ts recon | full | eval [--images 256] [--threads 2] [--repeats 15] [--warmup 3] [--weights FILE]
 */
import { parseArgs } from 'node:util';
import { createOnnxEngine } from '../src/engine/onnx/engine.ts';
import type { Feeds, Program } from '../src/graph/program.ts';
import { sizeOf, type Tensor } from '../src/graph/tensor.ts';
import { kernelCount } from '../src/nern/coordinates.ts';
import { initialisePredictor } from '../src/nern/initialise.ts';
import { kernelEmbedding } from '../src/nern/kernel-embedding.ts';
import { predictorShapes } from '../src/nern/predictor-shapes.ts';
import { ranger } from '../src/nern/ranger.ts';
import { classificationProgram } from '../src/nern/reconstruct.ts';
import { trainingStep } from '../src/nern/step.ts';
import { targetKernels } from '../src/nern/target-kernels.ts';
import { matchParameters } from '../src/networks/keys.ts';
import { learnableConvolutions, parameterShapes } from '../src/networks/network.ts';
import { resnet } from '../src/networks/resnet.ts';
import { createRandom } from '../src/random.ts';
import { readCheckpoint } from '../src/weights/checkpoint.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    images: { type: 'string', default: '256' },
    threads: { type: 'string', default: '2' },
    repeats: { type: 'string', default: '15' },
    warmup: { type: 'string', default: '3' },
    weights: { type: 'string' },
  },
});
const [mode] = positionals;
const [images, threads, repeats, warmup] = [values.images, values.threads, values.repeats, values.warmup].map(
  Number,
) as [number, number, number, number];
const random = createRandom(0, 'bench');
const network = resnet(20, 'A', 10);
const weights = values.weights
  ? matchParameters(network, (await readCheckpoint(values.weights)).tensors, values.weights)
  : randomWeights();
const kernels = targetKernels(network, weights);
const engine = createOnnxEngine(threads);
const pixels = Float32Array.from({ length: images * 3 * 32 * 32 }, () => random.normal());
const imageFeed = { images: { shape: [images, 3, 32, 32], data: pixels } };

const step = mode === 'eval' ? await inference() : await training(mode === 'full');
const times: number[] = [];
for (let i = 0; i < warmup + repeats; i++) {
  const began = performance.now();
  await step(i);
  if (i >= warmup) times.push(performance.now() - began);
}
times.sort((a, b) => a - b);
const median = times[Math.floor(times.length / 2)]!;
const peakMemory = process.resourceUsage().maxRSS / 1024;
const rate = mode === 'eval' ? { imagesPerSecond: (1000 * images) / median } : {};
console.log(
  JSON.stringify({ mode, images, threads, median, ...rate, peakMegabytes: Math.round(peakMemory), times }),
);

async function inference() {
  const program = classificationProgram(network, weights, kernels, images);
  const executable = await engine.compile(program);
  return () => executable.run({ ...imageFeed, kernels: kernels.rows });
}

async function training(distil: boolean) {
  const layers = learnableConvolutions(network);
  const count = kernelCount(layers);
  const shapes = predictorShapes({ inputs: 240, hidden: 160, outputs: 9 });
  const optimizer = ranger({
    betas: [0.5, 0.999],
    eps: 1e-5,
    weightDecay: 1e-3,
    lookahead: { every: 6, rate: 0.5 },
  });
  const program: Program = trainingStep({
    target: { network, weights },
    kernels,
    embedding: kernelEmbedding(
      layers,
      Uint32Array.from({ length: count }, (_, i) => i),
      { base: 0.76, levels: 40 },
    ),
    predictorShapes: shapes,
    optimizer,
    sample: 4096,
    root: 'sampled',
    distillation: distil ? { images, imagesAtOnce: engine.imagesAtOnce, alpha: 1e-4, beta: 1e-4 } : undefined,
  });
  const executable = await engine.compile(program);
  let state: Record<string, Float32Array> = {
    parameters: initialisePredictor(shapes, createRandom(0, 'init')),
  };
  state = { ...state, ...optimizer.initialState(state.parameters!) };
  return async (i: number) => {
    const sample = Int32Array.from({ length: 4096 }, () => random.below(count));
    const feeds: Record<string, Feeds[string]> = { ...imageFeed, sample: { shape: [4096], data: sample } };
    for (const [name, data] of Object.entries(state)) feeds[name] = { shape: [data.length], data };
    for (const [name, x] of Object.entries(optimizer.scalars(i, 5e-3))) {
      feeds[name] = { shape: [], data: Float32Array.of(x) };
    }
    const result = await executable.run(feeds);
    state = Object.fromEntries(Object.keys(state).map(name => [name, result[name]!.data]));
  };
}

/** Weights of the right size: times do not depend on their values. */
function randomWeights(): Map<string, Tensor> {
  return new Map(
    [...parameterShapes(network)].map(([name, shape]): [string, Tensor] => {
      const scale = shape.length === 4 ? Math.sqrt(2 / (shape[1]! * shape[2]! * shape[3]!)) : 0.1;
      const value = () => (/running_var|bn\d\.weight/.test(name) ? 1 : scale * random.normal());
      return [name, { shape, data: Float32Array.from({ length: sizeOf(shape) }, value) }];
    }),
  );
}
