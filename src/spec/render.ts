import { createColors } from 'picocolors';
import { printable } from '../printable.ts';
import type { Diagnostic, Sources } from './diagnostic.ts';
import { width } from './text.ts';

/** More than anyone mends in one go; a hostile spec can have thousands. */
const MAX_SHOWN = 50;

/** Characters of a source line that are shown around a problem. */
const MAX_LINE = 120;

/** The diagnostics as text for a terminal: place and message, the line with carets under what is wrong, what to do. */
export function renderDiagnostics(
  diagnostics: readonly Diagnostic[],
  sources: Sources,
  colour: boolean,
): string {
  const shown = diagnostics.slice(0, MAX_SHOWN).map(diagnostic => render(diagnostic, sources, colour));
  const more = diagnostics.length - shown.length;
  return [...shown, ...(more > 0 ? [`... and ${more} more`] : [])].join('\n\n');
}

function render(
  { file, range, message, expected, hint }: Diagnostic,
  sources: Sources,
  colour: boolean,
): string {
  const { bold, cyan, dim, red } = createColors(colour);
  const number = String(range.line);
  const gutter = ' '.repeat(number.length);
  const source = sources.get(file)?.split('\n')[range.line - 1]?.replace(/\r$/, '') ?? '';
  const { line, indent, carets } = underlined(
    source,
    range.column,
    range.line === range.endLine ? range.endColumn : undefined,
  );
  return [
    `${bold(`${printable(file)}:${range.line}:${range.column}`)} ${red('error')} ${printable(message)}`,
    ...(source.trim() === ''
      ? []
      : [
          `${dim(` ${number} |`)} ${line}`,
          `${dim(` ${gutter} |`)} ${' '.repeat(indent)}${red('^'.repeat(carets))}`,
        ]),
    ...(expected === undefined ? [] : [`${dim(` ${gutter} =`)} expected ${printable(expected)}`]),
    ...(hint === undefined ? [] : [`${dim(` ${gutter} =`)} ${cyan(printable(hint))}`]),
  ].join('\n');
}

/** The part of a source line around a column, printable, and where the carets under it go, in columns of the terminal. */
function underlined(source: string, column: number, endColumn = source.trimEnd().length + 1) {
  const from = column > MAX_LINE ? column - MAX_LINE / 2 : 0;
  const to = Math.min(source.length, from + MAX_LINE);
  const [before, after] = [from > 0 ? '…' : '', to < source.length ? '…' : ''];
  const offending = printable(source.slice(column - 1, Math.min(endColumn - 1, to)));
  const lead = before + printable(source.slice(from, column - 1));
  return {
    line: before + printable(source.slice(from, to)) + after,
    indent: width(lead),
    carets: Math.max(1, width(offending)),
  };
}
