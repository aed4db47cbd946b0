// How fast training images are made, and how long a step waits for them: `npm run bench:images`. Writes JPEGs of
// ImageNet's usual size into a temporary folder first; bare sharp and the loader take turns on them.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { type BatchesOrder, openBatches } from '../src/data/batch-maker.ts';
import { startOfData } from '../src/data/batches.ts';
import { openFeed } from '../src/data/feed.ts';
import { normalizations } from '../src/data/normalize.ts';
import { createOnnxEngine } from '../src/engine/onnx/engine.ts';
import { matmul } from '../src/graph/linear.ts';
import { input } from '../src/graph/value.ts';
import { createRandom } from '../src/random.ts';

const seconds = 3;
const rounds = 3;
const common = { heldOut: 0, normalization: normalizations.imagenet, augment: true };
const cifar: BatchesOrder = {
  ...common,
  source: { kind: 'procedural', split: 'train' },
  batch: 256,
  input: [3, 32, 32],
};

/** The best of some rounds: others only disturb. */
async function rate(count: number, work: () => Promise<unknown>): Promise<number> {
  await work();
  let best = 0;
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    let done = 0;
    while (performance.now() - began < (seconds * 1000) / rounds) {
      await work();
      done += count;
    }
    best = Math.max(best, (1000 * done) / (performance.now() - began));
  }
  return best;
}

const say = (what: string, value: string) => process.stdout.write(`${what.padEnd(58)} ${value}\n`);
const perSecond = (value: number) => `${Math.round(value).toLocaleString('en-US')} images/s`;

async function makers(order: BatchesOrder) {
  const maker = await openBatches(order, startOfData(0));
  const into = new Float32Array(order.batch * order.input.reduce((a, b) => a * b, 1));
  const labels = new Uint16Array(order.batch);
  return rate(order.batch, () => maker.fill(into, labels));
}

/** Pictures with as much detail as photographs: about 100 kB each. */
async function photographs(folder: string, count: number): Promise<string[]> {
  const random = createRandom(0, 'photographs');
  await mkdir(join(folder, 'class'));
  const files: string[] = [];
  for (let i = 0; i < count; i++) {
    const [width, height] = i % 3 === 0 ? [375, 500] : [500, 375];
    const layer = async (cells: number) => {
      const [w, h] = [cells, Math.ceil((cells * height) / width)];
      const data = Buffer.from(Array.from({ length: w * h * 3 }, () => random.below(256)));
      const raw = { width: w, height: h, channels: 3 } as const;
      return sharp(data, { raw }).resize(width, height, { kernel: 'cubic', fit: 'fill' }).raw().toBuffer();
    };
    const layers = await Promise.all([4, 16, 64, 250].map(layer));
    const pixels = Buffer.from(
      layers[0]!.map((_, p) => layers.reduce((sum, one, k) => sum + one[p]! / 2 ** (k + 1), 0)),
    );
    const file = join(folder, 'class', `${i}.jpg`);
    await sharp(pixels, { raw: { width, height, channels: 3 } })
      .jpeg({ quality: 95 })
      .toFile(file);
    files.push(file);
  }
  return files;
}

/** The same decoding, cutting and scaling, asked of sharp directly. */
const bare = (file: string) =>
  sharp(file)
    .extract({ left: 40, top: 40, width: 280, height: 260 })
    .resize(224, 224, { fit: 'fill', kernel: 'linear' })
    .raw()
    .toBuffer();

/** A step of about so many milliseconds on all cores, which blocks this thread as a training step does. */
async function busyStep() {
  const engine = createOnnxEngine(2);
  const [a, b] = [input('a', [1024, 1024]), input('b', [1024, 1024])];
  const program = await engine.compile({ name: 'busy', outputs: { c: matmul(a, b) } });
  const matrix = { shape: [1024, 1024], data: new Float32Array(1024 * 1024).fill(0.5) };
  return async (milliseconds: number) => {
    const began = performance.now();
    while (performance.now() - began < milliseconds) await program.run({ a: matrix, b: matrix });
  };
}

async function waiting(what: string, order: BatchesOrder, milliseconds: number): Promise<void> {
  const step = await busyStep();
  const feed = openFeed(order, startOfData(0));
  await feed.next();
  const steps = 12;
  for (let i = 0; i < steps; i++) {
    await step(milliseconds);
    await feed.next();
  }
  say(`${what}, waiting in a step of ${milliseconds} ms`, `${(feed.waited() / steps).toFixed(2)} ms`);
  await feed.close();
}

const folder = await mkdtemp(join(tmpdir(), 'nern-sweep-bench-'));
try {
  say('CIFAR: flip, crop, normalise, one core', perSecond(await makers(cifar)));
  const noise = { kind: 'noise', distribution: 'uniform', scale: 1 } as const;
  say('uniform noise of 32x32, one core', perSecond(await makers({ ...cifar, source: noise })));
  const files = await photographs(folder, 64);
  const imagenet: BatchesOrder = {
    ...common,
    source: { kind: 'folder', folder, size: 224, resize: 256, interpolation: 'bilinear', corrupt: 'refuse' },
    batch: 64,
    input: [3, 224, 224],
  };
  say('JPEGs of 500x375: bare sharp', perSecond(await rate(64, () => Promise.all(files.map(bare)))));
  say('JPEGs of 500x375: random resized crop, normalised', perSecond(await makers(imagenet)));
  say('JPEGs of 500x375: bare sharp again', perSecond(await rate(64, () => Promise.all(files.map(bare)))));
  say(
    'JPEGs of 500x375: resize, centre crop, normalised',
    perSecond(await makers({ ...imagenet, augment: false })),
  );
  await waiting('256 CIFAR images', cifar, 100);
  await waiting('256 CIFAR images', cifar, 500);
  await waiting('32 JPEGs', { ...imagenet, batch: 32 }, 500);
} finally {
  await rm(folder, { recursive: true, force: true });
}
