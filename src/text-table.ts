import { beginningOf, displayWidth, endOf, padded } from './text-width.ts';

/** A column of a table that is drawn: labels begin at the left and may be shortened, numbers end at the right. */
export interface TextColumn {
  readonly title: string;
  readonly align: 'left' | 'right';
}

/** The lines of a table, for its user to colour: none ends in spaces. */
export interface DrawnTable {
  readonly header: string;
  readonly rule: string;
  readonly rows: readonly string[];
}

const gap = '  ';

/** A label is not shortened below this: less would not tell rows apart. */
const shortestLabel = 8;

/**
 * Columns as wide as they need to be, in columns of a terminal. Where `width` is given and the table would be wider, the
 * texts at the left are shortened.
 */
export function drawTable(
  columns: readonly TextColumn[],
  rows: readonly (readonly string[])[],
  width = Number.POSITIVE_INFINITY,
): DrawnTable {
  const texts = columns.map(({ title }, i) => [title, ...rows.map(row => row[i]!)]);
  const natural = texts.map(column => column.reduce((most, text) => Math.max(most, displayWidth(text)), 0));
  const widths = shrink(natural, columns, width);
  const placed = columns.map(({ align }, i) =>
    shorten(texts[i]!, widths[i]!, natural[i]!).map(text => padded(text, widths[i]!, align)),
  );
  const line = (at: number) =>
    placed
      .map(column => column[at]!)
      .join(gap)
      .trimEnd();
  return {
    header: line(0),
    rule: widths.map(length => '─'.repeat(length)).join(gap),
    rows: rows.map((_, i) => line(i + 1)),
  };
}

/** Takes what is too much from the widest label, again and again, until all fits or no label can give more. */
function shrink(natural: readonly number[], columns: readonly TextColumn[], width: number): number[] {
  const widths = [...natural];
  const labels = columns.flatMap(({ align }, i) => (align === 'left' ? [i] : []));
  let excess = widths.reduce((total, length) => total + length + gap.length, -gap.length) - width;
  while (excess > 0) {
    const widest = labels.reduce((best, i) => (widths[i]! > (widths[best] ?? 0) ? i : best), -1);
    if ((widths[widest] ?? 0) <= shortestLabel) break;
    widths[widest]!--;
    excess--;
  }
  return widths;
}

/** Texts cut at their ends to a width, else at their beginnings; whole where neither would leave different ones different. */
function shorten(texts: readonly string[], width: number, natural: number): readonly string[] {
  if (natural <= width) return texts;
  const cut = (shorter: (text: string) => string) =>
    texts.map(text => (displayWidth(text) <= width ? text : shorter(text)));
  const room = width - 1;
  const ways = [
    cut(text => `${beginningOf(text, room)}…`),
    cut(text => `…${endOf(text, room)}`),
    cut(text => `${beginningOf(text, Math.ceil(room / 2))}…${endOf(text, Math.floor(room / 2))}`),
  ];
  return ways.find(way => new Set(way).size === new Set(texts).size) ?? texts;
}
