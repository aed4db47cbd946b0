import { createColors } from 'picocolors';
import type { CellForecast, Forecast, KindForecast } from '../forecast/foresee.ts';
import type { Prospect } from '../forecast/outlook.ts';
import type { Change } from '../plan/explain.ts';
import type { Plan } from '../plan/plan.ts';
import { type PlannedRun, runKey } from '../plan/run.ts';
import { formatRatio } from '../report/format.ts';
import { formatValue, labelsOf } from '../report/labels.ts';
import type { Sweep } from '../spec/sweep.ts';
import { drawTable } from '../text-table.ts';
import { formatBytes, formatDuration, formatWork } from './screen.ts';

/** So many cells are shown unless all are asked for. */
const shownCells = 24;

interface Screen {
  width: number;
  colour: boolean;
}

/** What a sweep would do, as text. */
export function describeForecast(
  { name, axes }: Sweep,
  { runs, stages }: Plan,
  forecast: Forecast,
  { colour }: Screen,
  isVerbose: boolean,
): string {
  const { bold, dim } = createColors(colour);
  const { cells, kinds } = forecast;
  const labels = axes.map(axis => labelsOf(cells.map(({ values }) => values[axis])));
  const shown = isVerbose ? cells : cells.slice(0, shownCells);
  const size = `${cells.length} cells, ${runs.length} runs, ${stages.size} stages`;
  const more = cells.length - shown.length;
  return [
    bold(`${name}: ${size}; ${forecast.complete} runs complete`),
    '',
    ...table(['stage', 'cached', 'to do', 'why', 'time'], kinds.map(kindRow), [0, 3]),
    '',
    ...table(
      ['cell', ...cellColumns, 'runs', 'time'],
      shown.map(cell => cellRow(cell, axes, labels)),
      [0],
    ),
    ...(more > 0 ? [dim(`... and ${more} cells more; --verbose shows all`)] : []),
    '',
    ...total(forecast),
    '',
  ].join('\n');
}

const cellColumns = ['parameters', 'CR', 'CR stored', 'size', 'permutation', 'predict', 'image'];

type Label = ReturnType<typeof labelsOf>;

function cellRow(cell: CellForecast, axes: readonly string[], labels: readonly Label[]): string[] {
  const values = axes.map((axis, i) => labels[i]!(cell.values[axis])).join('  ');
  return [
    values === '' ? cell.id : values,
    cell.predictorParameters.toLocaleString('en-US'),
    formatRatio(cell.compressionRatio),
    formatRatio(cell.storedRatio),
    formatBytes(cell.predictorBytes),
    formatBytes(cell.permutationBits / 8),
    formatWork(2 * cell.kernels * cell.perKernel),
    formatWork(2 * cell.image),
    `${cell.complete}/${cell.runs}`,
    formatDuration(cell.seconds),
  ];
}

const reasons: Readonly<Record<Prospect['state'], string>> = {
  cached: '',
  'left-out': '',
  new: 'new',
  changed: 'changed since the last call',
  interrupted: 'begun, goes on from its checkpoint',
  failed: 'failed the last time',
};

function kindRow({ kind, cached, open, seconds }: KindForecast): string[] {
  const states = Object.entries(open) as [Prospect['state'], number][];
  const count = states.reduce((sum, [, n]) => sum + n, 0);
  const why = states.map(([state, n]) => (states.length > 1 ? `${n} ${reasons[state]}` : reasons[state]));
  return [kind, `${cached}`, `${count}`, why.join(', '), formatDuration(seconds)];
}

function total({ seconds, jobs, threads, engine, basis, calibrated, stages }: Forecast): string[] {
  if (stages === 0) return ['Nothing to do.'];
  const each = `${threads} thread${threads === 1 ? '' : 's'}`;
  const where = `on ${engine}, ${jobs} at a time with ${each} each`;
  if (seconds === undefined) return [`No step time is known ${where}: --calibrate measures them.`];
  const how =
    basis === 'measured'
      ? 'from steps of these phases measured here'
      : `scaled by the work from ${calibrated > 0 ? 'a step measured now' : 'steps measured here'}; --calibrate measures each`;
  return [`About ${formatDuration(seconds)} ${where} (${how}).`];
}

/** Each stage of a run, what is known of it, and what makes it run again. */
export function describeRun(
  run: PlannedRun,
  { stages }: Plan,
  { prospectOf }: Forecast,
  changes: ReadonlyMap<string, readonly Change[]>,
): string {
  const lines = run.stages.flatMap(key => {
    const stage = stages.get(key)!;
    const { kind, name } = stage;
    const prospect = prospectOf(stage);
    const failure = prospect.state === 'failed' ? `: ${prospect.message}` : '';
    const because = changes.get(key) ?? [];
    const isOpen = prospect.state !== 'cached' && prospect.state !== 'left-out';
    const why = isOpen && because.length === 0 ? reasons[prospect.state] : '';
    const state = isOpen ? `to do${why === '' ? '' : `, ${why}`}${failure}` : prospect.state;
    return [
      `${kind.padEnd(12)}${key.slice(0, 12)}  ${name}: ${state}`,
      ...because.map(change => `              ${describeChange(change)}`),
    ];
  });
  return [`${run.run}, key ${runKey(run).slice(0, 12)}`, '', ...lines, ''].join('\n');
}

const describeChange = ({ what, from, to }: Change) => `${what}: ${formatValue(from)} -> ${formatValue(to)}`;

/** The columns in `left` begin at the left, all others end at the right. */
function table(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  left: readonly number[],
): string[] {
  const columns = titles.map((title, i) => ({ title, align: left.includes(i) ? 'left' : 'right' }) as const);
  const drawn = drawTable(columns, rows);
  return [drawn.header, ...drawn.rows];
}
