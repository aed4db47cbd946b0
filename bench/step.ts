/**
 * Times one thing that training does, as its counterpart bench/peers/torch_step.py does: ResNet20 (shortcut A),
 * hidden size 160, 240 embedding values, 4,096 sampled kernels. Prints one line of JSON.
 *
 *   tsx bench/step.ts recon | full | guided | eval [--engine onnx:cpu] [--images 256] [--root sampled | exact]
 *     [--threads 2] [--repeats 15] [--warmup 3] [--weights FILE] [--teacher 56] [--given]
 *
 * `guided` distils from logits alone: those of a ResNet of depth `--teacher`, by default of the target itself. With
 * `--given` they are there before, as when runs share them.
 */
import { parseArgs } from 'node:util';
import { engineNames } from '../src/catalogue/engines.ts';
import { openEngine } from '../src/engine/open.ts';
import { imagesPerCall } from '../src/evaluation/classify.ts';
import type { Feeds } from '../src/graph/program.ts';
import { sizeOf, type Tensor } from '../src/graph/tensor.ts';
import { kernelCount } from '../src/nern/coordinates.ts';
import { initialisePredictor } from '../src/nern/predictor/initialise.ts';
import { kernelEmbedding } from '../src/nern/predictor/kernel-embedding.ts';
import { predictorShapes } from '../src/nern/predictor/predictor-shapes.ts';
import { classificationProgram } from '../src/nern/predictor/reconstruct.ts';
import { createSampler } from '../src/nern/sampling/sampler.ts';
import { trainingStep } from '../src/nern/step/training-step.ts';
import { targetKernels } from '../src/nern/target-kernels.ts';
import { matchParameters } from '../src/networks/keys.ts';
import { learnableConvolutions, type Network, parameterShapes } from '../src/networks/network.ts';
import { resnet } from '../src/networks/resnet.ts';
import { ranger } from '../src/optim/ranger.ts';
import { createRandom } from '../src/random.ts';
import { createGuide } from '../src/training/guidance.ts';
import { readCheckpoint } from '../src/weights/checkpoint.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    engine: { type: 'string', default: 'onnx:cpu' },
    images: { type: 'string', default: '256' },
    root: { type: 'string', default: 'sampled' },
    threads: { type: 'string', default: '2' },
    repeats: { type: 'string', default: '15' },
    warmup: { type: 'string', default: '3' },
    weights: { type: 'string' },
    teacher: { type: 'string' },
    given: { type: 'boolean', default: false },
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
  : randomWeights(network);
const kernels = targetKernels(network, weights);
const name = engineNames.find(known => known === values.engine);
if (name === undefined) throw new Error(`Expected --engine to be one of ${engineNames.join(', ')}`);
const engine = await openEngine({ name, threads, device: 0 });
const pixels = Float32Array.from({ length: images * 3 * 32 * 32 }, () => random.normal());
const imageFeed = { images: { shape: [images, 3, 32, 32], data: pixels } };

const step = mode === 'eval' ? await inference() : await training();
const times: number[] = [];
for (let i = 0; i < warmup + repeats; i++) {
  const began = performance.now();
  await step(i);
  if (i >= warmup) times.push(performance.now() - began);
}
times.sort((a, b) => a - b);
const median = times[Math.floor(times.length / 2)]!;
const peakMegabytes = Math.round(process.resourceUsage().maxRSS / 1024);
const rate = mode === 'eval' ? { imagesPerSecond: (1000 * images) / median } : {};
console.log(JSON.stringify({ engine: name, mode, images, threads, median, ...rate, peakMegabytes, times }));

async function inference() {
  const batch = Math.min(images, imagesPerCall(engine));
  const executable = await engine.compile(classificationProgram(network, weights, kernels, batch));
  const size = sizeOf(network.input);
  const batches = Array.from({ length: images / batch }, (_, i): Feeds => {
    const data = pixels.subarray(i * batch * size, (i + 1) * batch * size);
    return { images: { shape: [batch, ...network.input], data }, kernels: kernels.rows };
  });
  return async () => {
    for (const feeds of batches) await executable.run(feeds);
  };
}

async function training() {
  const layers = learnableConvolutions(network);
  const count = kernelCount(layers);
  const shapes = predictorShapes({ inputs: 240, hidden: 160, outputs: 9 });
  const optimizer = ranger({
    betas: [0.5, 0.999],
    eps: 1e-5,
    weightDecay: 1e-3,
    lookahead: { every: 6, rate: 0.5 },
  });
  const program = trainingStep({
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
    root: values.root === 'exact' ? 'exact' : 'sampled',
    distillation:
      mode === 'recon'
        ? undefined
        : { images, imagesAtOnce: engine.imagesAtOnce, alpha: 1e-4, beta: mode === 'full' ? 1e-4 : 0 },
  });
  const guidance = mode === 'guided' ? await guidanceFeed() : async () => ({});
  const executable = await engine.compile(program);
  const sampler = createSampler({ method: 'uniform', batch: 4096 }, new Float64Array(count));
  const parameters = initialisePredictor(shapes, createRandom(0, 'init'));
  let current = vectors({ parameters, ...optimizer.initialState(parameters) });
  let next = vectors({ parameters: parameters.slice(), ...optimizer.initialState(parameters) });
  return async (i: number) => {
    const scalars = Object.entries(optimizer.scalars(i, 5e-3)).map(([name, x]): [string, Tensor] => [
      name,
      { shape: [], data: Float32Array.of(x) },
    ]);
    const sample = { shape: [4096], data: Int32Array.from(sampler(random, i)) };
    const shown = { ...imageFeed, ...(await guidance()) };
    await executable.run({ ...current, ...shown, ...Object.fromEntries(scalars), sample }, next);
    [current, next] = [next, current];
  };
}

/** The logits that a guided step is given: there before, or computed anew each time. */
async function guidanceFeed(): Promise<() => Promise<Feeds>> {
  const deeper = values.teacher === undefined ? network : resnet(Number(values.teacher), 'A', 10);
  const teacher = { network: deeper, weights: deeper === network ? weights : randomWeights(deeper) };
  const guide = createGuide(engine, teacher, images);
  if (!values.given) return async () => ({ guidance: await guide(imageFeed.images, 0) });
  const guidance = await guide(imageFeed.images, 0);
  return async () => ({ guidance });
}

function vectors(named: Readonly<Record<string, Float32Array>>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(named).map(([name, data]) => [name, { shape: [data.length], data }]),
  );
}

/** Weights of the right size: times do not depend on their values. */
function randomWeights(network: Network): Map<string, Tensor> {
  return new Map(
    [...parameterShapes(network)].map(([name, shape]): [string, Tensor] => {
      const scale = shape.length === 4 ? Math.sqrt(2 / (shape[1]! * shape[2]! * shape[3]!)) : 0.1;
      const value = () => (/running_var|bn\d\.weight/.test(name) ? 1 : scale * random.normal());
      return [name, { shape, data: Float32Array.from({ length: sizeOf(shape) }, value) }];
    }),
  );
}
