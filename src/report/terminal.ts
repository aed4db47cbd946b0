import { createColors } from 'picocolors';
import type { Table } from './layout.ts';

/** Where the table is shown: its width in characters, and whether it may be coloured. */
export interface Screen {
  width: number;
  colour: boolean;
}

const gap = '  ';

/** A label is not shortened below this: less would not tell rows apart. */
const shortestLabel = 8;

/** The table as aligned text without its failures. Labels are shortened when it would be too wide. */
export function renderTerminal(table: Table, { width, colour }: Screen): string {
  const { bold, dim } = createColors(colour);
  const lines = [table.header, ...table.rows];
  const widths = shrink(
    table.header.map((_, i) => Math.max(...lines.map(line => line[i]!.length))),
    table.labels,
    width,
  );
  const shortened = widths.map((length, i) =>
    shorten(
      lines.map(line => line[i]!),
      length,
    ),
  );
  const draw = (line: string[], at: number) =>
    line
      .map((_, i) => place(shortened[i]![at]!, widths[i]!, i < table.labels))
      .join(gap)
      .trimEnd();
  const [header, ...rows] = lines.map(draw);
  const rule = widths.map(length => '─'.repeat(length)).join(gap);
  return `${[
    ...wrap(table.caption, width).map(line => dim(line)),
    '',
    bold(header!),
    dim(rule),
    ...rows,
  ].join('\n')}\n`;
}

/** Takes what is too much from the widest label, again and again, until all fits or no label can give more. */
function shrink(natural: readonly number[], labels: number, width: number): number[] {
  const widths = [...natural];
  let excess = widths.reduce((total, length) => total + length + gap.length, -gap.length) - width;
  while (excess > 0) {
    const widest = widths
      .slice(0, labels)
      .reduce((best, length, i) => (length > widths[best]! ? i : best), 0);
    if (widths[widest]! <= shortestLabel) break;
    widths[widest]!--;
    excess--;
  }
  return widths;
}

function place(text: string, width: number, isLabel: boolean): string {
  return isLabel ? text.padEnd(width) : text.padStart(width);
}

/** Texts cut at their ends to a width, else at their beginnings; whole where neither would leave different ones different. */
function shorten(texts: readonly string[], width: number): readonly string[] {
  if (texts.every(text => text.length <= width)) return texts;
  const cut = (shorter: (text: string) => string) =>
    texts.map(text => (text.length <= width ? text : shorter(text)));
  const ways = [
    cut(text => `${text.slice(0, width - 1)}…`),
    cut(text => `…${text.slice(1 - width)}`),
    cut(
      text =>
        `${text.slice(0, Math.ceil((width - 1) / 2))}…${text.slice(text.length - Math.floor((width - 1) / 2))}`,
    ),
  ];
  return ways.find(way => new Set(way).size === new Set(texts).size) ?? texts;
}

/** The text in lines of at most `width`, broken at spaces; a longer word has a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
