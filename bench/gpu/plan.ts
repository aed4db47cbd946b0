import type { EngineName } from '../../src/catalogue/engines.ts';
import { type Case, caseName } from './cases.ts';
import type { GpuReport, TimingEntry } from './result.ts';

/** A measurement to be made: by whom, of what, in how many processes at once. */
export type Measurement = Pick<TimingEntry, 'name' | 'case' | 'processes'>;

const reconstruction: Case = { work: 'reconstruction', depth: 20, images: 0 };
const full32: Case = { work: 'full', depth: 20, images: 32 };
const full256: Case = { work: 'full', depth: 20, images: 256 };
const deep256: Case = { work: 'full', depth: 56, images: 256 };
const inference256: Case = { work: 'inference', depth: 20, images: 256 };
const cases = [full256, reconstruction, full32, deep256, inference256];

/** The engines that are tried, those of a GPU first. `tfjs:cpu` is not: a step of it takes minutes. */
export const engines = [
  'onnx:webgpu',
  'onnx:cuda',
  'tfjs:webgpu',
  'tfjs:node-gpu',
  'onnx:cpu',
  'tfjs:node',
  'tfjs:wasm',
] as const satisfies readonly EngineName[];

const onGpu: readonly string[] = ['onnx:webgpu', 'onnx:cuda', 'tfjs:webgpu', 'tfjs:node-gpu'];

const alone = (name: string, given: readonly Case[]): Measurement[] =>
  given.map(what => ({ name, case: what, processes: 1 }));

/** What is measured first: single processes, of ours on GPUs and of PyTorch as it comes. */
export const firstMeasurements: readonly Measurement[] = [
  ...engines.filter(name => onGpu.includes(name)).flatMap(name => alone(name, cases)),
  ...alone('torch:eager', cases),
];

/** The packing curve of the engine that is fastest at a full step, and of PyTorch; nothing without a GPU engine. */
export function packing(times: readonly TimingEntry[]): Measurement[] {
  const names = [fastest(times), 'torch:eager'].filter(name => name !== undefined);
  return [full256, reconstruction].flatMap(what =>
    [2, 4, 8, 16].flatMap(processes => names.map(name => ({ name, case: what, processes }))),
  );
}

/** The GPU engine of ours with the most full steps per second. */
export function fastest(times: readonly TimingEntry[]): string | undefined {
  return times
    .filter(
      time => onGpu.includes(time.name) && caseName(time.case) === caseName(full256) && time.processes === 1,
    )
    .flatMap(time => (time.outcome === 'measured' ? [time] : []))
    .sort((a, b) => b.perSecond - a.perSecond)[0]?.name;
}

/** Why a measurement is not worth its time after what is known; undefined when it is. */
export function whyNot(
  { name, case: what, processes }: Measurement,
  parity: GpuReport['parity'],
  times: readonly TimingEntry[],
): string | undefined {
  const same = times.filter(time => time.name === name);
  const known = [...parity.filter(one => one.name === name), ...same.filter(time => time.processes === 1)];
  if (known.some(one => one.outcome === 'measured' && one.engine.device.kind === 'software'))
    return 'It computes on a software device';
  const packed = same.filter(time => caseName(time.case) === caseName(what) && time.processes < processes);
  if (packed.some(time => time.outcome === 'failed')) return 'Fewer processes failed already';
  const tried = known.filter(one => one.outcome === 'measured' || one.outcome === 'failed');
  const lastTwo = tried.slice(-2);
  return lastTwo.length === 2 && lastTwo.every(one => one.outcome === 'failed')
    ? 'It failed twice in a row'
    : undefined;
}

/** What is measured last, as far as the time allows: CPUs, and the other configurations of PyTorch. */
export const lastMeasurements: readonly Measurement[] = [
  ...alone('onnx:cpu', [full256, reconstruction]),
  ...alone('torch:compiled', [full256, reconstruction]),
  ...alone('torch:eager-fp32', [full256, deep256]),
  ...alone('torch:graphed', [full256, reconstruction]),
  ...alone('torch:compiled', [full32, inference256, deep256]),
  ...alone('tfjs:node', [full256, reconstruction]),
  ...alone('tfjs:wasm', [reconstruction, full32]),
];
