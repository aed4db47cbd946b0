import { createColors } from 'picocolors';
import { drawTable } from '../text-table.ts';
import { wrap } from '../text-width.ts';
import type { Table } from './layout.ts';
import { textOf } from './text.ts';

/** Where the table is shown: its width in columns, and whether it may be coloured. */
export interface Screen {
  width: number;
  colour: boolean;
}

/** The table as aligned text without its failures. Labels are shortened when it would be too wide. */
export function renderTerminal(table: Table, { width, colour }: Screen): string {
  const { bold, dim } = createColors(colour);
  const { labels, header, rows } = textOf(table);
  const columns = header.map((title, i) => ({ title, align: i < labels ? 'left' : 'right' }) as const);
  const drawn = drawTable(columns, rows, width);
  return `${[
    ...wrap(table.caption, width).map(line => dim(line)),
    '',
    bold(drawn.header),
    dim(drawn.rule),
    ...drawn.rows,
  ].join('\n')}\n`;
}
