/**
 * The bench tables: what training does, and whole sweeps, by nern-sweep, by plain PyTorch (bench/peers/torch_*.py) and by
 * the authors' program (bench/peers/official.py), in turn in one run, on the same number of threads.
 *
 *   npm run bench -- [--python python3] [--official CLONE] [--rounds 3] [--sweep-rounds 2] [--threads 2]
 *     [--only TEXT] [--out docs/results/bench.json]
 *
 * `--only` measures what has the text in its name.
 * A peer is left out where --python lacks what it imports, or without --official. Needs the real data of
 * NERN_SWEEP_DATA and `npm run build`. Takes about 25 minutes on two cores with all peers; on an otherwise idle machine.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeJsonAtomic } from '../src/files/atomic.ts';
import { measureStep, measureSweep, type Row } from './measure.ts';
import { official, ourselves, type Peer, plainTorch, type StepCase, type SweepCase } from './peers.ts';
import { table } from './table.ts';

const { values } = parseArgs({
  options: {
    python: { type: 'string', default: process.env.NERN_SWEEP_PEER_PYTHON ?? 'python3' },
    official: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    'sweep-rounds': { type: 'string', default: '2' },
    threads: { type: 'string', default: '2' },
    only: { type: 'string', default: '' },
    out: { type: 'string' },
  },
});

const recon = { mode: 'recon', images: 256, root: 'sampled', repeats: 40 } as const;
const full = { mode: 'full', root: 'sampled', repeats: 7 } as const;
const evaluation = { mode: 'eval', root: 'sampled', repeats: 15 } as const;
const steps: StepCase[] = [
  { name: 'reconstruction-only step (1)', ...recon, officialImages: 256, repeats: 10 },
  { name: 'reconstruction-only step (2)', ...recon, officialImages: 1 },
  { name: 'reconstruction-only step, exact root (2)', ...recon, root: 'exact', officialImages: 1 },
  { name: 'full step, 32 images', ...full, images: 32, officialImages: 32, repeats: 15 },
  { name: 'full step, 256 images', ...full, images: 256, officialImages: 256 },
  { name: 'evaluation, 128 images', ...evaluation, images: 128, officialImages: 128, repeats: 25 },
  { name: 'evaluation, 256 images', ...evaluation, images: 256, officialImages: 256 },
];

const distilled = { iterations: 16, warmup: 0, evaluateEvery: 8 };
const reconstructed = { iterations: 200, warmup: 200, evaluateEvery: 100 };
const sweeps: SweepCase[] = [
  { name: '16 full steps, 256 images', ...distilled, images: 256, officialImages: 256 },
  { name: '200 reconstruction-only steps (2)', ...reconstructed, images: 256, officialImages: 1 },
];

// The commands inherit it.
process.env.NERN_SWEEP_DATA ??= '../shared/data';
const weights = join(process.env.NERN_SWEEP_DATA, 'resnet/resnet20-12fca82f.th');
for (const needed of [weights, 'dist/cli/main.js']) {
  if (!existsSync(needed)) throw new Error(`Expected ${needed}: set NERN_SWEEP_DATA, and npm run build`);
}

const selected = ({ name }: { name: string }) => name.includes(values.only);
const rounds = Number(values.rounds);
const setting = { threads: Number(values.threads), weights };
const folder = await mkdtemp(join(tmpdir(), 'nern-bench-'));
try {
  const peers: Peer[] = [
    ourselves(setting),
    (await plainTorch(values.python, setting)) ?? [],
    values.official ? ((await official(values.python, values.official, folder, setting)) ?? []) : [],
  ].flat();
  const stepRows: Row[] = [];
  for (const what of steps.filter(selected)) stepRows.push(tell(await measureStep(what, peers, rounds)));
  const sweepRows: Row[] = [];
  for (const what of sweeps.filter(selected))
    sweepRows.push(tell(await measureSweep(what, peers, Number(values['sweep-rounds']))));

  const machine = `${cpus()[0]!.model}, ${availableParallelism()} cores`;
  const versions = Object.fromEntries(peers.map(({ name, version }) => [name, version]));
  const described = Object.entries(versions).map(([name, version]) => `${name}: ${version}`);
  console.log(`${machine}; ${setting.threads} threads; ${described.join('; ')}\n`);
  if (stepRows.length > 0) console.log(`${table('step', stepRows)}\n`);
  if (sweepRows.length > 0) console.log(`${table('sweep of 4 seeds', sweepRows)}\n`);
  console.log(
    "\n(1) The authors' program takes 256 images through both networks in every step, as configured.",
  );
  console.log("(2) The authors' program on one image, the least that it can be given.");
  if (values.out) {
    const report = { machine, versions, threads: setting.threads, steps: stepRows, sweeps: sweepRows };
    await writeJsonAtomic(values.out, report);
  }
} finally {
  await rm(folder, { recursive: true });
}

/** A sign of life: the tables come at the end. */
function tell(row: Row): Row {
  const times = row.measured.map(({ peer, median }) => `${peer} ${median.toFixed(1)} ${row.unit}`);
  console.error(`${row.name}: ${times.join(', ')}`);
  return row;
}
