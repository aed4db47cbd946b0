/** Decimals of a number that comes without an interval, and the fewest with one: of percentages, of all else. */
const decimals = { percent: { plain: 2, fewest: 1 }, other: { plain: 4, fewest: 0 } };

/** No table shows more decimals than this, however narrow the interval. */
const mostDecimals = 6;

/** From here on down, and up, numbers are told by their digits and a power of ten. */
const [tiny, huge] = [1e-3, 1e6];

/**
 * The mean, with the interval's half-width where there is one: `91.23 ± 0.14`, or `(4.21 ± 0.08)e-7`. As many decimals as
 * the half-width has something to say about: its first digit, and its second when the first is a 1.
 */
export function formatMean(mean: number, halfWidth: number | null, unit: string): string {
  if (halfWidth === null) return plainNumber(mean, unit);
  if (halfWidth === 0) return `${plainNumber(mean, unit)} ± ${plainNumber(0, unit)}`;
  const size = Math.max(Math.abs(mean), halfWidth);
  if (size >= tiny && size < huge) return withInterval(mean, halfWidth, fewestOf(unit));
  const exponent = Number(size.toExponential(1).split('e')[1]);
  const scaled = (value: number) => byPowerOfTen(value, -exponent);
  return `(${withInterval(scaled(mean), scaled(halfWidth), 0)})e${exponent}`;
}

/** Both with the decimals of the half-width; one that these cannot show is told by its size. */
function withInterval(mean: number, halfWidth: number, fewest: number): string {
  const [digits, exponent] = halfWidth.toExponential(1).split('e');
  const significant = digits!.startsWith('1') ? 2 : 1;
  const shown = Math.min(mostDecimals, Math.max(fewest, significant - 1 - Number(exponent)));
  const isShown = halfWidth >= 0.5 * 10 ** -shown;
  return `${unsigned(mean.toFixed(shown))} ± ${isShown ? halfWidth.toFixed(shown) : halfWidth.toExponential(0)}`;
}

/** A number without an interval, with its unit: `91.69 %`. */
export function formatNumber(value: number, unit: string): string {
  return `${plainNumber(value, unit)} ${unit}`.trimEnd();
}

function plainNumber(value: number, unit: string): string {
  const { plain } = unit === '%' ? decimals.percent : decimals.other;
  const size = Math.abs(value);
  if (size === 0 || (size >= tiny && size < huge)) return unsigned(value.toFixed(plain));
  return value.toExponential(Math.min(plain, 3)).replace('e+', 'e');
}

const fewestOf = (unit: string): number => (unit === '%' ? decimals.percent : decimals.other).fewest;

/** By its digits: a product with a power of ten that no number can hold would lose them. */
function byPowerOfTen(value: number, power: number): number {
  const [digits, exponent] = value.toExponential().split('e');
  return Number(`${digits}e${Number(exponent) + power}`);
}

/** Nothing is below zero by less than is shown. */
const unsigned = (text: string): string => (/^-[0.]*$/.test(text) ? text.slice(1) : text);

/** Three significant digits: compression ratios are compared, never added up. */
export function formatRatio(ratio: number | null): string {
  return ratio === null || !Number.isFinite(ratio) ? '–' : ratio.toPrecision(3);
}
