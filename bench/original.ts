/**
 * Times a step of training an original network from scratch, as its counterpart bench/peers/torch_original.py does:
 * ResNet20 (shortcut A), batch norm in training mode, SGD. Prints one line of JSON.
 *
 *   tsx bench/original.ts [--engine onnx:cpu] [--images 128] [--smoothness] [--threads 2] [--repeats 15] [--warmup 3]
 */
import { parseArgs } from 'node:util';
import { engineNames } from '../src/catalogue/engines.ts';
import { openEngine } from '../src/engine/open.ts';
import type { Tensor } from '../src/graph/tensor.ts';
import { paperSmoothness } from '../src/nern/ordering/smoothness.ts';
import { originalStep } from '../src/nern/step/target-step.ts';
import { initialNetwork } from '../src/networks/initial.ts';
import { resnet } from '../src/networks/resnet.ts';
import { sgd } from '../src/optim/sgd.ts';
import { createRandom } from '../src/random.ts';

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'onnx:cpu' },
    images: { type: 'string', default: '128' },
    smoothness: { type: 'boolean', default: false },
    threads: { type: 'string', default: '2' },
    repeats: { type: 'string', default: '15' },
    warmup: { type: 'string', default: '3' },
  },
});
const [images, threads, repeats, warmup] = [values.images, values.threads, values.repeats, values.warmup].map(
  Number,
) as [number, number, number, number];
const name = engineNames.find(known => known === values.engine);
if (name === undefined) throw new Error(`Expected --engine to be one of ${engineNames.join(', ')}`);
const engine = await openEngine({ name, threads, device: 0 });
const random = createRandom(0, 'bench');
const network = resnet(20, 'A', 10);
const step = await engine.compile(
  originalStep({
    network,
    images,
    optimizer: sgd({ momentum: 0.9, nesterov: false, weightDecay: 1e-4 }),
    labels: 1,
    smoothness: values.smoothness ? { ...paperSmoothness, factor: 5e-6 } : undefined,
  }),
);
const { learned, statistics } = initialNetwork(network, 'fan-in', random);
const vectors = (named: Readonly<Record<string, Float32Array>>): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(named).map(([key, data]) => [key, { shape: [data.length], data }]));
let current = vectors({ parameters: learned, velocity: new Float32Array(learned.length), statistics });
let next = vectors({
  parameters: learned.slice(),
  velocity: new Float32Array(learned.length),
  statistics: statistics.slice(),
});
const pixels = Float32Array.from({ length: images * 3 * 32 * 32 }, () => random.normal());
const labels = new Float32Array(images * 10);
for (let i = 0; i < images; i++) labels[i * 10 + random.below(10)] = 1;
const feeds = {
  images: { shape: [images, 3, 32, 32], data: pixels },
  labels: { shape: [images, 10], data: labels },
  rate: { shape: [], data: Float32Array.of(0.1) },
};
const times: number[] = [];
for (let i = 0; i < warmup + repeats; i++) {
  const began = performance.now();
  await step.run({ ...current, ...feeds }, next);
  [current, next] = [next, current];
  if (i >= warmup) times.push(performance.now() - began);
}
times.sort((a, b) => a - b);
const median = times[Math.floor(times.length / 2)]!;
const peakMegabytes = Math.round(process.resourceUsage().maxRSS / 1024);
console.log(JSON.stringify({ ...values, median, minimum: times[0], peakMegabytes, times }));
