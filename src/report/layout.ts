import { captions } from '../catalogue/measures.ts';
import { printable } from '../printable.ts';
import { formatNumber, formatRatio, formatSummary } from './format.ts';
import { identityOf, labelsOf } from './labels.ts';
import type { CellResults, Results } from './results.ts';

/** What the spec's `report` asks of a table. */
export interface ReportRequest {
  rows?: string | undefined;
  columns?: string | undefined;
  metric?: string | undefined;
}

/** A table as text, before it is drawn: the first `labels` columns name the row, the others hold numbers. */
export interface Table {
  caption: string;
  labels: number;
  header: string[];
  rows: string[][];
  /** One line for each failed run. */
  failures: string[];
}

/** A row before it is text: the cells that share all values but the one along the columns. */
interface Row {
  labels: string[];
  cells: CellResults[];
}

const compressionLabel = 'compression ratio';

/**
 * Lays a metric out. The axis along the columns is the one that is asked for, else the last of two axes that form
 * a full grid, else none: then each cell has a row of its own. All other axes name the rows.
 */
export function layOut(results: Results, metric: string, request: ReportRequest = {}): Table {
  const { cells } = results;
  const axes = [...new Set(cells.flatMap(cell => Object.keys(cell.values)))];
  const columns = columnsAxis(cells, axes, request);
  const others = axes.filter(axis => axis !== columns);
  const rowAxes = [...others].sort((a, b) => Number(b === request.rows) - Number(a === request.rows));
  const rows = groupRows(cells, rowAxes, columns);
  const body = columns === undefined ? listBody(rows, metric) : gridBody(rows, columns, metric);
  return {
    caption: captionOf(results, metric),
    labels: Math.max(1, rowAxes.length),
    header: [...(rowAxes.length === 0 ? ['cell'] : rowAxes), ...body.header],
    rows: rows.map(({ labels }, i) => [...labels, ...body.rows[i]!]),
    failures: cells.flatMap(({ id, failed }) =>
      failed.map(({ seed, kind, message }) => `${id}/seed-${seed}: ${kind}: ${printable(message)}`),
    ),
  };
}

function columnsAxis(
  cells: readonly CellResults[],
  axes: string[],
  request: ReportRequest,
): string | undefined {
  // Cells that differ in no axis would have one place in the table.
  if (new Set(cells.map(cell => placeOf(cell, axes))).size < cells.length) return undefined;
  if (request.columns !== undefined) return axes.find(axis => axis === request.columns);
  if (axes.length !== 2) return undefined;
  const [first, last] = axes.map(axis => new Set(cells.map(cell => placeOf(cell, [axis]))).size);
  if (first! * last! !== cells.length) return undefined;
  return request.rows === axes[1] ? axes[0] : axes[1];
}

const placeOf = ({ values }: CellResults, axes: readonly string[]): string =>
  JSON.stringify(axes.map(axis => identityOf(values[axis])));

/** The cells of a row, where some axis runs along the columns; else each has a row, named by its id where no axis tells it apart. */
function groupRows(cells: readonly CellResults[], axes: string[], columns: string | undefined): Row[] {
  const isTold =
    columns !== undefined || new Set(cells.map(cell => placeOf(cell, axes))).size === cells.length;
  const labels = axes.map(axis => labelsOf(cells.map(({ values }) => values[axis])));
  const rows = new Map<string, Row>();
  for (const cell of cells) {
    const told = axes.map((axis, i) => labels[i]!(cell.values[axis]));
    const named =
      axes.length === 0 ? [cell.id] : isTold ? told : [`${told[0]!} (${cell.id})`, ...told.slice(1)];
    const key = columns === undefined ? cell.id : placeOf(cell, axes);
    const row = rows.get(key) ?? { labels: named, cells: [] };
    row.cells.push(cell);
    rows.set(key, row);
  }
  return [...rows.values()];
}

interface Body {
  header: string[];
  rows: string[][];
}

function listBody(rows: readonly Row[], metric: string): Body {
  return {
    header: [compressionLabel, metric],
    rows: rows.map(({ cells: [cell] }) => [formatRatio(cell!.compressionRatio), formatCell(cell, metric)]),
  };
}

/** One column for each value along the axis, and the compression ratio: once where it is the same in each row. */
function gridBody(rows: readonly Row[], axis: string, metric: string): Body {
  const given = rows.flatMap(({ cells }) => cells.map(({ values }) => values[axis]));
  const label = labelsOf(given);
  const values = [...new Set(given.map(label))];
  const ratios = rows.map(({ cells }) => [...new Set(cells.map(ratioOf).filter(ratio => ratio !== '–'))]);
  const isShared = ratios.every(ratio => ratio.length <= 1);
  const at = ({ cells }: Row, value: string) => cells.find(cell => label(cell.values[axis]) === value);
  return {
    header: [
      ...(isShared ? [compressionLabel] : values.map(value => `${compressionLabel}, ${value}`)),
      ...values,
    ],
    rows: rows.map((row, i) => [
      ...(isShared ? [ratios[i]![0] ?? '–'] : values.map(value => ratioOf(at(row, value)))),
      ...values.map(value => formatCell(at(row, value), metric)),
    ]),
  };
}

function ratioOf(cell: CellResults | undefined): string {
  return formatRatio(cell?.compressionRatio ?? null);
}

/** A cell's number; one that lacks runs says how many it has. An empty place of the grid stays empty. */
function formatCell(cell: CellResults | undefined, metric: string): string {
  if (cell === undefined) return '';
  const { planned, completed, failed } = cell;
  const summary = cell.metrics[metric];
  const text = summary === undefined ? (failed.length > 0 ? 'failed' : '–') : formatSummary(summary);
  // A run that is complete may lack the measure: one that was trained before it was asked for, or where it overflowed.
  const n = summary?.n ?? completed;
  return n === planned ? text : `${text} (${n}/${planned})`;
}

/** `accuracy.round-2` and `accuracy.reconstruct` are what `accuracy` is, at an earlier time. */
function meaningOf(metric: string): string | undefined {
  const [measure, time] = metric.split('.') as [string, string?];
  if (time === undefined) return captions[measure];
  const what = measure === 'accuracy' ? undefined : captions[measure];
  return [`after ${time.replace('-', ' ')}`, what].filter(Boolean).join(', ');
}

function captionOf({ cells, target, confidence }: Results, metric: string): string {
  const summaries = cells.flatMap(cell => cell.metrics[metric] ?? []);
  if (summaries.length === 0)
    return `${metric}: ${cells.some(({ completed }) => completed > 0) ? 'no complete run has it' : 'no run is complete'}.`;
  const unit = summaries[0]!.unit === '' ? '' : ` (${summaries[0]!.unit})`;
  const settings = Object.entries(summaries[0]!.settings ?? {})
    .filter(([name, value]) => summaries.every(summary => summary.settings?.[name] === value))
    .map(([name, value]) => `${name} ${value}`);
  const meaning = [meaningOf(metric), ...settings].map(part => (part ? `, ${part}` : '')).join('');
  const counts = summaries.map(summary => summary.n);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const n = least === most ? `n = ${most}` : `n = ${least} to ${most}`;
  const told = (name: string, unit: string) =>
    target[name] === undefined ? [] : [`${name} ${formatNumber(target[name], unit)}`];
  const ofTarget = told('accuracy', '%').concat(
    metric === 'accuracy' ? [] : told(metric, summaries[0]!.unit),
  );
  const given = ofTarget.length === 0 ? '' : ` (${ofTarget.join(', ')})`;
  const interval =
    most === 1
      ? `${metric}${unit}${meaning}: one seed (n = 1), so no interval.`
      : `${metric}${unit}${meaning}: mean ± half-width of the ${100 * confidence} % Student-t interval, ${n} seeds.`;
  const single =
    least === 1 && most > 1 ? ' A value without ± rests on one seed (n = 1), so it has no interval.' : '';
  return `${interval}${single} ${conditionsOf(cells, given)}`;
}

/** What the seeds vary, and on what all is conditional. */
function conditionsOf(cells: readonly CellResults[], given: string): string {
  const trainings = cells.map(({ targetSeeds = [] }) => targetSeeds.length);
  const drawn = 'the initialisation, the data order and the sampler';
  if (Math.max(...trainings) > 1)
    return `The seeds vary the training of the target, ${drawn}; each has a target of its own.`;
  const target = Math.max(...trainings) > 0 ? 'one training of each target' : 'the given target checkpoint';
  return `The seeds vary ${drawn}; all is conditional on ${target}${given}.`;
}
