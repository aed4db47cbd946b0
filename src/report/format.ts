import { printable } from '../printable.ts';
import type { MetricSummary } from './results.ts';

/** Decimals of a number that comes without an interval, and the fewest with one: of percentages, of all else. */
const decimals = { percent: { plain: 2, fewest: 1 }, other: { plain: 4, fewest: 0 } };

/** No table shows more decimals than this, however narrow the interval. */
const mostDecimals = 6;

/**
 * The mean, with the interval's half-width where there is one: `91.23 ± 0.14`. As many decimals as the half-width
 * has something to say about: its first digit, and its second when the first is a 1.
 */
export function formatSummary({ mean, ci, unit }: MetricSummary): string {
  const { plain, fewest } = unit === '%' ? decimals.percent : decimals.other;
  const halfWidth = ci === null ? 0 : (ci[1] - ci[0]) / 2;
  if (halfWidth === 0) return `${mean.toFixed(plain)}${ci === null ? '' : ` ± ${(0).toFixed(plain)}`}`;
  const [digits, exponent] = halfWidth.toExponential(1).split('e');
  const significant = digits!.startsWith('1') ? 2 : 1;
  const shown = Math.min(mostDecimals, Math.max(fewest, significant - 1 - Number(exponent)));
  return `${mean.toFixed(shown)} ± ${halfWidth.toFixed(shown)}`;
}

/** A number without an interval, with its unit: `91.69 %`. */
export function formatNumber(value: number, unit: string): string {
  const { plain } = unit === '%' ? decimals.percent : decimals.other;
  return `${value.toFixed(plain)} ${unit}`.trimEnd();
}

/** Three significant digits: compression ratios are compared, never added up. */
export function formatRatio(ratio: number | null): string {
  return ratio === null ? '–' : ratio.toPrecision(3);
}

/** A value of the grid as it reads in a spec, on one line and without characters that act on a terminal. */
export function formatValue(value: unknown): string {
  if (value === undefined) return '–';
  // What has a name is told by it: phases.
  const names = Array.isArray(value) ? value.map(item => item?.name) : [];
  if (names.length > 0 && names.every(name => typeof name === 'string')) return printable(names.join(' + '));
  return printable(typeof value === 'string' ? value : JSON.stringify(value).replaceAll('"', ''));
}
