// A picture (SVG) of what a terminal shows, from text with the escape sequences of colours.
import { stripVTControlCharacters } from 'node:util';
import { width } from '../src/spec/text.ts';

const COLUMN = 8.4;
const LINE = 20;
const MARGIN = 16;
const STYLES: Record<string, string> = {
  1: 'font-weight="bold"',
  2: 'fill="#8b949e"',
  31: 'fill="#ff7b72"',
  36: 'fill="#56d4dd"',
};
const ESCAPE = String.fromCharCode(27);

const markup = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** One line: each piece between two escape sequences in the style of the first; 22 and 39 end a style. */
function tspans(line: string): string {
  const [plain = '', ...styled] = line.split(`${ESCAPE}[`);
  const pieces = styled.map(piece => {
    const [, code = '', text = ''] = /^(\d+)m(.*)$/s.exec(piece) ?? [];
    return text === '' ? '' : `<tspan ${STYLES[code] ?? ''}>${markup(text)}</tspan>`;
  });
  return [markup(plain), ...pieces].join('').replaceAll('<tspan >', '<tspan>');
}

/** The terminal's text as an SVG. */
export function terminalPicture(text: string): string {
  const lines = text.split('\n');
  const columns = Math.max(...lines.map(line => width(stripVTControlCharacters(line))));
  const [across, down] = [Math.ceil(columns * COLUMN) + 2 * MARGIN, lines.length * LINE + 2 * MARGIN];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${across}" height="${down}" viewBox="0 0 ${across} ${down}">`,
    `<title>${markup(stripVTControlCharacters(`On a terminal: ${lines[0]}`))}</title>`,
    '<rect width="100%" height="100%" rx="8" fill="#0d1117"/>',
    '<g fill="#e6edf3" font-family="ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace" font-size="14" xml:space="preserve">',
    ...lines.map((line, i) => `<text x="${MARGIN}" y="${MARGIN + LINE * (i + 0.75)}">${tspans(line)}</text>`),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}
