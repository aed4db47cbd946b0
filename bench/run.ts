/**
 * The bench table: what training does, by nern-sweep and by PyTorch (bench/peers/torch_step.py), in turn in one run, on
 * the same number of threads. Each figure is the median of `--rounds` processes, each of which reports the median of
 * its own repeats; the ratio is the median of the rounds' ratios. Memory is the peak of the process.
 *
 *   npm run bench -- [--rounds 3] [--threads 2] [--python python3] [--out docs/results/bench.json]
 *
 * Without a python that has torch the peer's columns stay empty. Run it on an otherwise idle machine.
 */
import { existsSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { writeJsonAtomic } from '../src/files/atomic.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
    python: { type: 'string', default: process.env.NERN_SWEEP_PEER_PYTHON ?? 'python3' },
    out: { type: 'string' },
  },
});

/** What one process measured; times in milliseconds. */
interface Measurement {
  readonly median: number;
  readonly peakMegabytes: number;
}

const cases = [
  { name: 'reconstruction-only step', mode: 'recon', images: 256, repeats: 40 },
  { name: 'full step, 32 images', mode: 'full', images: 32, repeats: 15 },
  { name: 'full step, 256 images', mode: 'full', images: 256, repeats: 7 },
  { name: 'inference, 128 images', mode: 'eval', images: 128, repeats: 25 },
  { name: 'inference, 256 images', mode: 'eval', images: 256, repeats: 15 },
];

const weights = join(process.env.NERN_SWEEP_DATA ?? '../shared/data', 'resnet/resnet20-12fca82f.th');

const peer = await execa(values.python, ['-c', 'import torch; print(torch.__version__)'], { reject: false });
const rows = [];
for (const { name, mode, images, repeats } of cases) {
  const common = ['--images', `${images}`, '--threads', values.threads, '--repeats', `${repeats}`];
  const given = [mode, ...common, ...(existsSync(weights) ? ['--weights', weights] : [])];
  const ours: Measurement[] = [];
  const theirs: Measurement[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    ours.push(await measure(process.execPath, ['--import', 'tsx', 'bench/step.ts', ...given]));
    if (peer.exitCode === 0)
      theirs.push(await measure(values.python, ['bench/peers/torch_step.py', ...given]));
  }
  const row = {
    name,
    milliseconds: median(ours.map(one => one.median)),
    memoryMiB: median(ours.map(one => one.peakMegabytes)),
    peerMilliseconds: theirs.length > 0 ? median(theirs.map(one => one.median)) : undefined,
    peerMemoryMiB: theirs.length > 0 ? median(theirs.map(one => one.peakMegabytes)) : undefined,
    ratio: theirs.length > 0 ? median(ours.map((one, i) => one.median / theirs[i]!.median)) : undefined,
  };
  rows.push(row);
  console.error(`${name}: ${row.milliseconds.toFixed(1)} ms`);
}

const machine = `${cpus()[0]!.model}, ${availableParallelism()} cores`;
const versions = { node: process.version, torch: peer.exitCode === 0 ? peer.stdout : undefined };
if (values.out) {
  const { rounds, threads } = values;
  await writeJsonAtomic(values.out, {
    machine,
    versions,
    threads: Number(threads),
    rounds: Number(rounds),
    rows,
  });
}
console.log(
  `${machine}; ${values.threads} threads; Node ${versions.node}; PyTorch ${versions.torch ?? 'not found'}\n`,
);
console.log('| what | nern-sweep (ms) | PyTorch (ms) | ratio | memory (MiB) | PyTorch (MiB) |');
console.log('|---|--:|--:|--:|--:|--:|');
const shown = (number: number | undefined, digits: number) => number?.toFixed(digits) ?? '';
for (const row of rows) {
  const times = `${shown(row.milliseconds, 1)} | ${shown(row.peerMilliseconds, 1)} | ${shown(row.ratio, 2)}`;
  console.log(`| ${row.name} | ${times} | ${shown(row.memoryMiB, 0)} | ${shown(row.peerMemoryMiB, 0)} |`);
}

async function measure(command: string, options: readonly string[]): Promise<Measurement> {
  const { stdout } = await execa(command, options);
  return JSON.parse(stdout.trim().split('\n').at(-1)!);
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!;
}
