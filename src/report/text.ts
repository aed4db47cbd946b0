import { formatMean, formatRatio } from './format.ts';
import type { MetricCell, Table } from './layout.ts';

/** A table's columns as text: the first `labels` of them name the row, the others hold numbers. */
export interface TextTable {
  readonly labels: number;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The last step before a table is drawn: its numbers with as many decimals as they can tell. */
export function textOf({ unit, labels, ratios, cells, rows }: Table): TextTable {
  return {
    labels: labels.length,
    header: [...labels, ...ratios, ...cells],
    rows: rows.map(row => [
      ...row.labels,
      ...row.ratios.map(formatRatio),
      ...row.cells.map(cell => textOfCell(cell, unit)),
    ]),
  };
}

/** One that lacks runs says how many it has; an empty place of the grid stays empty. */
function textOfCell({ state, mean, half, n, planned }: MetricCell, unit: string): string {
  if (state === 'empty') return '';
  const text = mean === null ? (state === 'failed' ? 'failed' : '–') : formatMean(mean, half, unit);
  return n === planned ? text : `${text} (${n}/${planned})`;
}
