import { printable } from '../printable.ts';
import { captionOf } from './caption.ts';
import { formatRatio } from './format.ts';
import { identityOf, labelsOf } from './labels.ts';
import { type CellResults, metricOf, type Results } from './results.ts';
import { halfWidthOf } from './statistics.ts';

/** What the spec's `report` asks of a table. */
export interface ReportRequest {
  rows?: string | undefined;
  columns?: string | undefined;
  metric?: string | undefined;
}

/**
 * How much of a metric is there: every planned run has it, some have, none has and a run failed, none has yet or ever will;
 * or the grid has no cell there.
 */
export type CellState = 'complete' | 'partial' | 'failed' | 'missing' | 'empty';

/** A metric at one place of a table. */
export interface MetricCell {
  readonly state: CellState;
  /** Of the runs that have it, in the metric's unit; null without one. */
  readonly mean: number | null;
  /** Half the width of the mean's interval; null with fewer than two values. */
  readonly half: number | null;
  /** Runs that have it, and runs that the spec asks for. */
  readonly n: number;
  readonly planned: number;
}

/** A row of a table; each list is as long as the table's list of that name. */
export interface TableRow {
  readonly labels: readonly string[];
  readonly ratios: readonly (number | null)[];
  readonly cells: readonly MetricCell[];
}

/** A metric laid out, as data; markdown.ts and terminal.ts make text of it. */
export interface Table {
  readonly caption: string;
  /** Of every mean and half-width. */
  readonly unit: string;
  /** Titles of the columns: what names a row, its compression ratios, the metric. */
  readonly labels: readonly string[];
  readonly ratios: readonly string[];
  readonly cells: readonly string[];
  readonly rows: readonly TableRow[];
  /** One line for each failed run. */
  readonly failures: readonly string[];
}

/** A row before its numbers are laid out: the cells that share all values but the one along the columns. */
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
    unit: cells.map(cell => metricOf(cell, metric)?.unit).find(unit => unit !== undefined) ?? '',
    labels: rowAxes.length === 0 ? ['cell'] : rowAxes,
    ...body,
    rows: rows.map(({ labels }, i) => ({ labels, ...body.rows[i]! })),
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
  ratios: string[];
  cells: string[];
  rows: Omit<TableRow, 'labels'>[];
}

function listBody(rows: readonly Row[], metric: string): Body {
  return {
    ratios: [compressionLabel],
    cells: [metric],
    rows: rows.map(({ cells: [cell] }) => ({
      ratios: [cell!.compressionRatio],
      cells: [cellOf(cell, metric)],
    })),
  };
}

/** One column for each value along the axis, and the compression ratio: once where it is the same in each row. */
function gridBody(rows: readonly Row[], axis: string, metric: string): Body {
  const given = rows.flatMap(({ cells }) => cells.map(({ values }) => values[axis]));
  const label = labelsOf(given);
  const values = [...new Set(given.map(label))];
  const ratios = rows.map(({ cells }) => cells.flatMap(cell => cell.compressionRatio ?? []));
  // The same to a reader: what differs in a digit that is not shown would fill columns with equal texts.
  const isShared = ratios.every(ratio => new Set(ratio.map(formatRatio)).size <= 1);
  const at = ({ cells }: Row, value: string) => cells.find(cell => label(cell.values[axis]) === value);
  return {
    ratios: isShared ? [compressionLabel] : values.map(value => `${compressionLabel}, ${value}`),
    cells: values,
    rows: rows.map((row, i) => ({
      ratios: isShared
        ? [ratios[i]![0] ?? null]
        : values.map(value => at(row, value)?.compressionRatio ?? null),
      cells: values.map(value => cellOf(at(row, value), metric)),
    })),
  };
}

/** A run that is complete may lack the measure: one that was trained before it was asked for, or where it overflowed. */
function cellOf(cell: CellResults | undefined, metric: string): MetricCell {
  if (cell === undefined) return { state: 'empty', mean: null, half: null, n: 0, planned: 0 };
  const { planned, failed } = cell;
  const summary = metricOf(cell, metric);
  if (summary === undefined)
    return { state: failed.length > 0 ? 'failed' : 'missing', mean: null, half: null, n: 0, planned };
  const { n, mean, ci } = summary;
  return { state: n === planned ? 'complete' : 'partial', mean, half: halfWidthOf(ci), n, planned };
}
