/**
 * Measures everything that this machine allows within a time, part by part, each in processes of its own, and writes
 * what is known so far to one file after each part. No part's failure is the end of another.
 *
 *   measure.js --out FILE [--seconds 540] [--python python3] [--torch-device cuda]
 */
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { toolVersion } from '../../src/cli/version.ts';
import { writeJsonAtomic } from '../../src/files/atomic.ts';
import { caseArguments, caseName } from './cases.ts';
import { describeMachine, gpuMemoryMiB } from './machine.ts';
import { engines, firstMeasurements, lastMeasurements, type Measurement, packing, whyNot } from './plan.ts';
import { runTogether } from './processes.ts';
import type { GpuReport, Outcome, Parity, Timing, TimingEntry } from './result.ts';

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    seconds: { type: 'string', default: '540' },
    python: { type: 'string', default: 'python3' },
    'torch-device': { type: 'string', default: 'cuda' },
  },
});
const out = values.out;
if (!out) throw new Error('Expected --out FILE');

const pathOf = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const subject = pathOf('./subject.js');
const torch = pathOf('./torch_gpu.py');
/** Of one measurement: long enough for a median, short enough for all. */
const measuredSeconds = '2';

const began = performance.now();
const secondsLeft = () => Number(values.seconds) - (performance.now() - began) / 1000;
const doctor: ({ name: string } & Outcome<{ answer: unknown }>)[] = [];
const parity: ({ name: string } & Outcome<Parity>)[] = [];
const times: TimingEntry[] = [];
const machine = await describeMachine();

for (const name of engines) {
  doctor.push({ name, ...(await inTime(65, limit => askDoctor(name, limit))) });
  if (name !== 'onnx:cpu') parity.push({ name, ...(await inTime(60, limit => measureParity(name, limit))) });
  await save();
}
await measureAll(firstMeasurements);
await measureAll(packing(times));
await measureAll(lastMeasurements);

async function measureAll(measurements: readonly Measurement[]) {
  for (const measurement of measurements) {
    const { name, processes } = measurement;
    if (isAbsent(name)) continue;
    const reason = whyNot(measurement, parity, times);
    const outcome = reason
      ? ({ outcome: 'left out', reason } as const)
      : await inTime(75, limit => measureTime(measurement, limit));
    times.push({ ...measurement, ...outcome });
    const told =
      outcome.outcome === 'measured' ? `${outcome.perSecond.toFixed(2)} per second` : outcome.reason;
    console.error(`${name}, ${caseName(measurement.case)}, x${processes}: ${told.split('\n')[0]}`);
    await save();
  }
}

/** What is not there is asked for once. */
function isAbsent(name: string): boolean {
  return [...parity, ...times].some(known => known.name === name && known.outcome === 'absent');
}

/** Runs a part within its limit, or leaves it out when too little time remains for anything. */
async function inTime<Result>(
  limitSeconds: number,
  part: (limitSeconds: number) => Promise<Outcome<Result>>,
): Promise<Outcome<Result>> {
  const limit = Math.min(limitSeconds, secondsLeft());
  if (limit < 8) return { outcome: 'left out', reason: 'No time was left' };
  return part(Math.floor(limit)).catch(error => ({ outcome: 'failed', reason: `${error}` }));
}

/** What `doctor` says of one engine: asked for all at once it waits a minute for each that is slow. */
async function askDoctor(name: string, limitSeconds: number): Promise<Outcome<{ answer: unknown }>> {
  const main = pathOf('../../src/cli/main.js');
  const answer = await execa(execPath, [main, 'doctor', '--json', '--device', name], {
    reject: false,
    timeout: limitSeconds * 1000,
    killSignal: 'SIGKILL',
  });
  try {
    return { outcome: 'measured', answer: JSON.parse(answer.stdout) };
  } catch {
    const end = answer.timedOut
      ? `took over ${limitSeconds} s`
      : `ended with ${answer.exitCode ?? answer.signal}`;
    return { outcome: 'failed', reason: [`It ${end}`, answer.stderr.slice(-1000)].join('\n') };
  }
}

async function measureParity(name: string, limitSeconds: number): Promise<Outcome<Parity>> {
  const conditions = { processes: 1, limitSeconds };
  const ended = await runTogether<Omit<Parity, 'engine'>>([execPath, subject, 'parity', name], conditions);
  if (ended.outcome !== 'measured') return ended;
  const { engine, measured } = ended.runs[0]!;
  return { outcome: 'measured', engine, ...measured };
}

async function measureTime(measurement: Measurement, limitSeconds: number): Promise<Outcome<Timing>> {
  const { name, processes } = measurement;
  const what = [measuredSeconds, ...caseArguments(measurement.case)];
  const command: [string, ...string[]] = name.startsWith('torch:')
    ? [values.python, torch, name.slice('torch:'.length), ...what, '--device', values['torch-device']]
    : [execPath, subject, 'time', name, ...what];
  let memory: number | undefined;
  const whileRunning = async () => {
    memory = await gpuMemoryMiB();
  };
  const ended = await runTogether<{ perSecond: number; milliseconds: number[]; peakMiB: number }>(command, {
    processes,
    limitSeconds,
    whileRunning,
  });
  if (ended.outcome !== 'measured') return ended;
  const { runs } = ended;
  const milliseconds = runs.flatMap(run => run.measured.milliseconds).sort((a, b) => a - b);
  return {
    outcome: 'measured',
    engine: runs[0]!.engine,
    perSecond: runs.reduce((sum, run) => sum + run.measured.perSecond, 0),
    medianMilliseconds: milliseconds[milliseconds.length >> 1]!,
    minimumMilliseconds: milliseconds[0]!,
    repeats: milliseconds.length,
    readySeconds: Math.max(...runs.map(run => run.readySeconds)),
    peakMiB: Math.round(Math.max(...runs.map(run => run.measured.peakMiB))),
    gpuMemoryMiB: memory,
  };
}

async function save(): Promise<void> {
  const report: GpuReport = {
    schemaVersion: 1,
    date: new Date().toISOString(),
    seconds: Math.round((performance.now() - began) / 1000),
    machine,
    versions: { node: process.version, 'nern-sweep': toolVersion() },
    doctor,
    parity,
    times,
  };
  await writeJsonAtomic(out!, report);
}
