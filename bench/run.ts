/**
 * The bench tables: what training does, and whole sweeps, by nern-sweep, by plain PyTorch (bench/peers/torch_*.py) and by
 * the authors' program (bench/peers/official.py), in turn in one run, on the same number of threads.
 *
 *   npm run bench -- [--python python3] [--official CLONE] [--rounds 3] [--sweep-rounds 2] [--threads 2]
 *     [--only TEXT] [--out bench.json] [--into docs/results/performance.md]
 *
 * `--only` measures what has the text in its name; `--into` puts the tables into a page that has marks for them.
 * A peer is left out where --python lacks what it imports, or without --official. Needs the real data of
 * NERN_SWEEP_DATA and `npm run build`. Takes about 25 minutes on two cores with all peers; on an otherwise idle machine.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeAtomic, writeJsonAtomic } from '../src/files/atomic.ts';
import { steps, sweeps } from './cases.ts';
import { replaceMarked } from './gpu/marked.ts';
import { measureStep, measureSweep, type Row } from './measure.ts';
import { official, ourselves, type Peer, plainTorch, seeds } from './peers.ts';
import { type CpuReport, cpuSection } from './table.ts';

const { values } = parseArgs({
  options: {
    python: { type: 'string', default: process.env.NERN_SWEEP_PEER_PYTHON ?? 'python3' },
    official: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    'sweep-rounds': { type: 'string', default: '2' },
    threads: { type: 'string', default: '2' },
    only: { type: 'string', default: '' },
    out: { type: 'string' },
    into: { type: 'string' },
  },
});

// The commands inherit it.
process.env.NERN_SWEEP_DATA ??= '../shared/data';
const weights = join(process.env.NERN_SWEEP_DATA, 'resnet/resnet20-12fca82f.th');
for (const needed of [weights, 'dist/cli/main.js']) {
  if (!existsSync(needed)) throw new Error(`Expected ${needed}: set NERN_SWEEP_DATA, and npm run build`);
}

const selected = ({ name }: { name: string }) => name.includes(values.only);
const [rounds, sweepRounds] = [Number(values.rounds), Number(values['sweep-rounds'])];
const setting = { threads: Number(values.threads), weights };
const folder = await mkdtemp(join(tmpdir(), 'nern-bench-'));
try {
  const ours = ourselves('nern-sweep', Math.min(seeds.length, setting.threads), setting);
  const others: Peer[] = [
    (await plainTorch(values.python, setting)) ?? [],
    values.official ? ((await official(values.python, values.official, folder, setting)) ?? []) : [],
  ].flat();
  console.error(`Measuring ${[ours, ...others].map(({ name }) => name).join(', ')}`);
  const stepRows: Row[] = [];
  for (const what of steps.filter(selected))
    stepRows.push(tell(await measureStep(what, [ours, ...others], rounds)));
  const inTurn = ourselves('nern-sweep, one run at a time', 1, setting);
  const sweepRows: Row[] = [];
  for (const what of sweeps.filter(selected))
    sweepRows.push(tell(await measureSweep(what, [ours, inTurn, ...others], sweepRounds)));

  const report: CpuReport = {
    machine: `${cpus()[0]!.model}, ${availableParallelism()} cores`,
    versions: Object.fromEntries([ours, ...others].map(({ name, version }) => [name, version])),
    threads: setting.threads,
    rounds,
    sweepRounds,
    steps: stepRows,
    sweeps: sweepRows,
  };
  const section = cpuSection(report);
  console.log(section);
  if (values.out) await writeJsonAtomic(values.out, report);
  if (values.into) {
    const text = await readFile(values.into, 'utf8');
    await writeAtomic(values.into, replaceMarked(text, 'cpu', section));
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
