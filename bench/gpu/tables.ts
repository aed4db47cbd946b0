import { caseName } from './cases.ts';
import type { GpuReport, Timing, TimingEntry } from './result.ts';

type Measured<Entry> = Extract<Entry, { outcome: 'measured' }>;

const isMeasured = <Entry extends { outcome: string }>(entry: Entry): entry is Measured<Entry> =>
  entry.outcome === 'measured';

const isSoftware = (entry: GpuReport['parity'][number]) =>
  isMeasured(entry) && entry.engine.device.kind === 'software';

/** Whether anything of ours was measured on a real GPU. */
const hasGpu = ({ times }: GpuReport) =>
  times.some(time => isMeasured(time) && !isPeer(time.name) && time.engine.device.kind === 'gpu');

const peers: Readonly<Record<string, string>> = {
  'torch:eager': 'PyTorch eager',
  'torch:eager-fp32': 'PyTorch eager without TF32',
  'torch:compiled': 'PyTorch compiled',
  'torch:graphed': 'PyTorch compiled, CUDA graphs',
};

const isPeer = (name: string) => name in peers;
const label = (name: string) => peers[name] ?? name;

/** What docs/results/performance.md says of GPUs, in Markdown; without a report, or with one that saw none: that. */
export function gpuSection(report: GpuReport | undefined): string {
  if (!report || !hasGpu(report)) return 'GPU: not measured on a GPU yet.';
  const parts = [
    conditions(report),
    'Median milliseconds of one repeat, one process:',
    timeTable(report.times),
    'Processes at once on one GPU, repeats per second of all together:',
    packingTable(report.times),
    bestPacking(report.times),
    'Relative difference to `onnx:cpu`:',
    parityTable(report),
    ...notes(report),
  ];
  return parts.filter(part => part !== '').join('\n\n');
}

function conditions({ date, machine, versions, times, parity }: GpuReport): string {
  const gpus = machine.gpus.map(
    ({ name, driver, memoryMiB }) => `${name} (${memoryMiB} MiB, driver ${driver})`,
  );
  const subjects = [...parity, ...times]
    .filter(isMeasured)
    .map(({ engine }) => Object.entries(engine.versions));
  const libraries = new Map([...Object.entries(versions), ...subjects.flat()]);
  return [
    `* GPU: ${gpus.join('; ') || 'not told by its driver'}`,
    `* processor: ${machine.processor}, ${machine.cores} cores; ${machine.system}`,
    `* versions: ${[...libraries].map(([name, version]) => `${name} ${version}`).join(', ')}`,
    `* measured on ${date.slice(0, 10)} ([how](../../bench/gpu/README.md))`,
  ].join('\n');
}

/** One row per case, one column per engine that managed any; ours beside the peer as it comes. */
function timeTable(times: readonly TimingEntry[]): string {
  const alone = times.filter(time => time.processes === 1);
  const names = distinct(alone.filter(isMeasured).map(time => time.name));
  const rows = distinct(alone.map(time => caseName(time.case))).map(what => {
    const ofCase = alone.filter(time => caseName(time.case) === what);
    const measured = ofCase.filter(isMeasured);
    const ours = Math.min(...measured.filter(time => !isPeer(time.name)).map(milliseconds));
    const eager = measured.find(time => time.name === 'torch:eager');
    const cells = names.map(name =>
      cell(
        ofCase.find(time => time.name === name),
        milliseconds,
        2,
      ),
    );
    return [what, ...cells, eager && Number.isFinite(ours) ? (ours / milliseconds(eager)).toFixed(2) : ''];
  });
  return table(['what', ...names.map(label), 'fastest of ours / PyTorch eager'], rows);
}

const milliseconds = (time: Timing) => time.medianMilliseconds;

/** One row per number of processes, one column per engine and case; nothing when nothing was packed. */
function packingTable(times: readonly TimingEntry[]): string {
  const seriesOf = ({ name, case: what }: TimingEntry) => `${label(name)}: ${caseName(what)}`;
  const packed = new Set(times.filter(time => time.processes > 1).map(seriesOf));
  const curves = times.filter(time => packed.has(seriesOf(time)));
  const series = distinct(curves.map(seriesOf));
  const counts = distinct(curves.map(time => time.processes)).sort((a, b) => a - b);
  const rows = counts.map(count => [
    `${count}`,
    ...series.map(name =>
      cell(
        curves.find(time => time.processes === count && seriesOf(time) === name),
        time => time.perSecond,
        1,
      ),
    ),
  ]);
  return rows.length === 0 ? '' : table(['processes', ...series], rows);
}

/** A line per packed case: how many processes are best, and what that is beside the best of PyTorch. */
function bestPacking(times: readonly TimingEntry[]): string {
  const packed = distinct(times.filter(time => time.processes > 1).map(time => caseName(time.case)));
  const lines = packed.flatMap(what => {
    const measured = times
      .filter(isMeasured)
      .filter(time => caseName(time.case) === what)
      .sort((a, b) => b.perSecond - a.perSecond);
    const ours = measured.find(time => !isPeer(time.name));
    const theirs = measured.find(time => time.name === 'torch:eager');
    if (!ours || !theirs) return [];
    const both = [ours, theirs].map(time => `${time.processes} x ${label(time.name)}`);
    const ratio = (ours.perSecond / theirs.perSecond).toFixed(2);
    return [`* ${what}: the best of ours (${both[0]}) has ${ratio} times the throughput of ${both[1]}`];
  });
  return lines.join('\n');
}

function parityTable({ parity }: GpuReport): string {
  const rows = parity.filter(isMeasured).map(one => {
    const after = `${one.steps} full steps of ResNet${one.depth}, ${one.images} images`;
    const errors = [one.losses, one.parameters, one.change].map(error => error.toExponential(1));
    return [one.name, one.engine.device.name, after, ...errors];
  });
  return table(['engine', 'device', 'after', 'losses', 'parameters', 'change of the parameters'], rows, 3);
}

/** What there are no figures of, and why, in one line each. */
function notes({ parity, times }: GpuReport): string[] {
  const entries = [
    ...parity.map(entry => ({ what: 'parity', entry })),
    ...times.map(entry => ({ what: `${caseName(entry.case)}, ${entry.processes} at once`, entry })),
  ];
  const lines = entries.flatMap(({ what, entry }) => {
    if (isMeasured(entry)) return [];
    const [reason] = entry.reason.split('\n');
    return entry.outcome === 'absent'
      ? [`* ${label(entry.name)}: not there: ${reason}`]
      : [`* ${label(entry.name)}, ${what}: ${entry.outcome}: ${reason}`];
  });
  const software = parity
    .filter(isSoftware)
    .map(({ name }) => `* ${name}: computed by a software device there`);
  return lines.length + software.length === 0 ? [] : ['Without figures:', [...lines, ...software].join('\n')];
}

/** A figure, or in a word why there is none. */
function cell(entry: TimingEntry | undefined, figure: (time: Timing) => number, digits: number): string {
  if (!entry) return '';
  return isMeasured(entry) ? figure(entry).toFixed(digits) : entry.outcome;
}

const distinct = <Value>(values: readonly Value[]): Value[] => [...new Set(values)];

/** A Markdown table whose first `words` columns are aligned to the left, the others, figures, to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[], words = 1): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = `|${head.map((_, i) => (i < words ? '---' : '--:')).join('|')}|`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}
