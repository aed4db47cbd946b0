import { labelsOf } from './labels.ts';
import { metricOf, type Results } from './results.ts';

/**
 * One line for each cell with every statistic of the metric at full precision and the value of each seed. What is
 * unknown (nothing complete, or a spread of one value) is empty.
 */
export function renderCsv({ cells }: Results, metric: string): string {
  const axes = [...new Set(cells.flatMap(cell => Object.keys(cell.values)))];
  const labels = axes.map(axis => labelsOf(cells.map(({ values }) => values[axis])));
  const seeds = [...new Set(cells.flatMap(cell => Object.keys(metricOf(cell, metric)?.values ?? {})))];
  seeds.sort((a, b) => Number(a) - Number(b));
  const statistics = ['n', 'mean', 'ci_low', 'ci_high', 'std', 'min', 'max'];
  const header = ['cell', ...axes, 'compression_ratio', 'planned', 'completed', 'unit', ...statistics];
  const lines = cells.map(cell => {
    const { id, values, compressionRatio, planned, completed } = cell;
    const summary = metricOf(cell, metric);
    const [low, high] = summary?.ci ?? [];
    return [
      id,
      ...axes.map((axis, i) => (values[axis] === undefined ? '' : labels[i]!(values[axis]))),
      ...[compressionRatio, planned, completed, summary?.unit, summary?.n ?? 0, summary?.mean],
      ...[low, high, summary?.std, summary?.min, summary?.max],
      ...seeds.map(seed => summary?.values[seed]),
    ];
  });
  const table = [[...header, ...seeds.map(seed => `seed_${seed}`)], ...lines];
  return table.map(line => `${line.map(field).join(',')}\n`).join('');
}

/**
 * One field after RFC 4180. Text that a spreadsheet would take for a formula is kept from it by an apostrophe;
 * numbers, negative ones too, stay numbers.
 */
function field(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = String(value);
  const isFormula = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) && !Number.isFinite(Number(text));
  const safe = isFormula ? `'${text}` : text;
  return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
