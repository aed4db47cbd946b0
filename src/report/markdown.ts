import type { Table } from './layout.ts';
import { textOf } from './text.ts';

/** The table in GitHub's Markdown: caption, table, failed runs. */
export function renderMarkdown(table: Table): string {
  const { caption, failures } = table;
  const { labels, header, rows } = textOf(table);
  const rule = header.map((_, i) => (i < labels ? '---' : '---:'));
  const lines = [header.map(escaped), rule, ...rows.map(row => row.map(escaped))].map(
    line => `| ${line.join(' | ')} |`,
  );
  const failed =
    failures.length === 0 ? [] : ['', 'Failed runs:', '', ...failures.map(line => `- ${escaped(line)}`)];
  return `${[escaped(caption), '', ...lines, ...failed].join('\n')}\n`;
}

/** Text that Markdown shows as it is. */
function escaped(text: string): string {
  return text.replace(/[\\|<>*_`[\]]/g, '\\$&');
}
