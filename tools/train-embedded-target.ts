// Trains the embedded target (a ResNet8 on the built-in image set) and writes assets/resnet8-procedural.safetensors.
// Run once, with `npx tsx tools/train-embedded-target.ts`; the result is kept in the repository.
// Cross-entropy, batch norm in training mode, SGD with momentum 0.9 and weight decay 5e-4, flip and crop; the learning
// rate rises to 0.1 over the first fifth and falls to 0 along a cosine.
import { createBatches, startOfData } from '../src/data/batches.ts';
import { normalizations } from '../src/data/normalize.ts';
import { proceduralImages } from '../src/data/procedural.ts';
import { createOnnxEngine } from '../src/engine/onnx/engine.ts';
import { writeAtomic } from '../src/files/atomic.ts';
import { originalStep } from '../src/nern/original-step.ts';
import { sgd } from '../src/nern/sgd.ts';
import { initialNetwork } from '../src/networks/initial.ts';
import { resnet } from '../src/networks/resnet.ts';
import { parameterSlots, unpack } from '../src/networks/slots.ts';
import { createRandom } from '../src/random.ts';
import { writeSafetensors } from '../src/weights/safetensors.ts';

const [epochs, batch, peak, seed] = [24, 100, 0.1, 0];
const rampShare = 0.2;
const network = resnet(8, 'A', 10);
const images = proceduralImages('train');
const batches = createBatches(
  { images, normalization: normalizations.imagenet, augment: true, batch },
  startOfData(seed),
);
const engine = createOnnxEngine(2);
const optimizer = sgd({ momentum: 0.9, nesterov: false, weightDecay: 5e-4 });
const step = await engine.compile(originalStep({ network, images: batch, optimizer, labels: 1 }));
const slots = parameterSlots(network);
let { learned, statistics }: { learned: Float32Array; statistics: Float32Array } = initialNetwork(
  network,
  'fan-out',
  createRandom(seed, 'target'),
);
let velocity: Float32Array = new Float32Array(learned.length);
const pixels = new Float32Array(batch * 3 * 32 * 32);
const classes = new Uint8Array(batch);
const steps = Math.round((epochs * images.count) / batch);
for (let i = 0; i < steps; i++) {
  batches.next(pixels, classes);
  const labels = new Float32Array(batch * network.classes);
  classes.forEach((label, n) => {
    labels[n * network.classes + label] = 1;
  });
  const done = i / steps;
  const fall = (1 + Math.cos((Math.PI * (done - rampShare)) / (1 - rampShare))) / 2;
  const rate = peak * (done < rampShare ? done / rampShare : fall);
  const result = await step.run({
    parameters: { shape: [learned.length], data: learned },
    velocity: { shape: [learned.length], data: velocity },
    statistics: { shape: [statistics.length], data: statistics },
    images: { shape: [batch, ...network.input], data: pixels },
    labels: { shape: [batch, network.classes], data: labels },
    rate: { shape: [], data: Float32Array.of(rate) },
  });
  learned = result.parameters!.data;
  velocity = result.velocity!.data;
  statistics = result.statistics!.data;
  if (i % 50 === 0 || i === steps - 1)
    console.log(`step ${i}/${steps} loss ${result.loss!.data[0]!.toFixed(4)}`);
}
await writeAtomic(
  'assets/resnet8-procedural.safetensors',
  writeSafetensors(new Map([...unpack(slots.learned, learned), ...unpack(slots.statistics, statistics)])),
);
