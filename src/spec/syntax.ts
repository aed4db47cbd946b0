import { quote } from './text.ts';

/** What is wrong with a text that is no YAML: told by what was probably meant, and where that stands. */
export interface Slip {
  message: string;
  hint?: string;
  /** Characters of the text from `start` to `end`; absent where the parser's own place says it best. */
  start?: number;
  end?: number;
}

/** A line of a text: its offset and its characters without what ends it. */
interface Line {
  start: number;
  text: string;
}

/**
 * The slip behind a syntax error that the YAML parser reports at `offset` under `code`, with `said`, its own words, for
 * those that speak of characters and not of the grammar.
 */
export function slipAt(text: string, offset: number, code: string, said: string): Slip {
  const open = unclosedAt(text);
  if (code === 'MISSING_CHAR' && /closing/.test(said) && open?.kind === 'quote')
    return placed(open.start, 1, `Expected ${quote(text[open.start])} to be closed by another, found none`);
  const line = lineAt(text, offset);
  const next = lineAt(text, Math.min(text.length, line.start + line.text.length + 1));
  const before = lineAt(text, Math.max(0, line.start - 1));
  const ofLine =
    oddSpace(line) ?? oddSpace(before) ?? (inFlow(text, offset) ? undefined : lineSlip(line, before));
  if (ofLine !== undefined) return ofLine;
  if (open?.kind === 'bracket' && /must end|end with|sufficiently/.test(said)) {
    const closing = text[open.start] === '[' ? ']' : '}';
    const message = `Expected ${quote(text[open.start])} to be closed by ${quote(closing)}, found none`;
    return placed(open.start, 1, message, `write ${quote(closing)} where it ends`);
  }
  switch (code) {
    case 'BLOCK_AS_IMPLICIT_KEY':
      return /^\s*(- +)*[^\s:#]+: .*: /.test(line.text) ? colonInValue(line) : misaligned(next, line);
    case 'BAD_INDENT':
      return misaligned(line, before);
    case 'BAD_SCALAR_START':
      return inQuotes(line, offset);
    case 'UNEXPECTED_TOKEN':
      return /^[\]},]/.test(text.slice(offset))
        ? placed(
            offset,
            1,
            `Expected a value or nothing, got ${quote(text[offset])}`,
            'remove it, or write what is missing before it',
          )
        : { message: words(said) };
    default:
      return { message: words(said) };
  }
}

const placed = (start: number, length: number, message: string, hint?: string): Slip => ({
  ...{ message, start, end: start + length },
  ...(hint === undefined ? {} : { hint }),
});

const words = (said: string) => `Expected YAML, but: ${said.replace(/\.$/, '')}`;

function lineAt(text: string, offset: number): Line {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', start);
  return { start, text: text.slice(start, end < 0 ? text.length : end).replace(/\r$/, '') };
}

/** Spaces that look like one but are none to YAML: of pages, word processors and wide scripts. */
const odd = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff]/;

function oddSpace({ start, text }: Line): Slip | undefined {
  const i = text.search(odd);
  if (i < 0) return undefined;
  const code = text.codePointAt(i)!.toString(16).toUpperCase().padStart(4, '0');
  const what = code === '00A0' ? 'a no-break space' : `the character U+${code}`;
  return placed(
    start + i,
    1,
    `Expected a plain space, got ${what}`,
    'type the space anew: it was probably copied from a page',
  );
}

/** What people write for `key: value`. */
const forms: readonly [RegExp, string][] = [
  [/^(\s*(?:- +)*)([\w.]+)\s*:?=\s*(\S.*?)\s*$/, '`key: value`'],
  [/^(\s*(?:- +)*)([\w.]+):([^\s:/].*?)\s*$/, 'a space after the colon'],
  [/^(\s*(?:- +)*)([\w.]+)\s*[：﹕︓]\s*(\S.*?)\s*$/, 'a plain colon and a space after the key'],
  [/^(\s*(?:- +)*)([\w.]+) +([^\s:#].*?)\s*$/, 'a colon after the key'],
];

/** What a text that is no `key: value` was probably meant to be. */
export function pairMeant(text: string): string | undefined {
  const [, , key, value] = forms.map(([form]) => form.exec(text)).find(match => match !== null) ?? [];
  return key === undefined ? undefined : `${key}: ${value}`;
}

/** A line that is no `key: value`; or the one before, which then seems to go on. */
function lineSlip(line: Line, before: Line): Slip | undefined {
  for (const { start, text } of [line, before]) {
    const comment = /^\s*(\/\/|--(?!-)|;)/.exec(text);
    if (comment) {
      const sign = comment[1]!;
      return placed(
        start + text.indexOf(sign),
        sign.length,
        `Expected a comment to begin with \`#\`, got ${quote(sign)}`,
      );
    }
    for (const [form, expected] of forms) {
      const [, indent, key, value] = form.exec(text) ?? [];
      if (indent === undefined || /: |:$/.test(text)) continue;
      const written = text.trim();
      return placed(
        start + indent.length,
        text.trimEnd().length - indent.length,
        `Expected ${expected}, got ${quote(written)}`,
        `write ${quote(`${key}: ${value}`)}`,
      );
    }
  }
  return undefined;
}

function colonInValue({ start, text }: Line): Slip {
  const [, lead, value] = /^(\s*(?:- +)*[^\s:#]+: +)(.*?)\s*$/.exec(text)!;
  const key = lead!.trim().replace(/^(- +)*/, '');
  return placed(
    start + lead!.length,
    value!.length,
    `Expected a text with \`: \` in it to be in quotes, got ${quote(value)}`,
    `write ${quote(`${key} ${JSON.stringify(value)}`)}`,
  );
}

function misaligned(line: Line, before: Line): Slip {
  const indent = ({ text }: Line) => text.length - text.trimStart().length;
  return placed(
    line.start + indent(line),
    line.text.trim().length,
    'Expected the keys of a mapping to begin in the same column, got one that begins in another',
    `the line before begins after ${indent(before)} spaces, this one after ${indent(line)}`,
  );
}

function inQuotes(line: Line, offset: number): Slip {
  const value = line.text.slice(offset - line.start).replace(/\s*(#.*)?$/, '');
  return placed(
    offset,
    value.length,
    `Expected a text that begins with ${quote(value[0])} to be in quotes`,
    `write ${quote(JSON.stringify(value))}`,
  );
}

const inFlow = (text: string, offset: number) => unclosedAt(text.slice(0, offset))?.kind === 'bracket';

/** The innermost quote or bracket that a text leaves open. */
function unclosedAt(text: string): { kind: 'quote' | 'bracket'; start: number } | undefined {
  const brackets: number[] = [];
  let isStart = true;
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if (isStart && (character === '"' || character === "'")) {
      let end = i + 1;
      while (end < text.length && text[end] !== character)
        end += character === '"' && text[end] === '\\' ? 2 : 1;
      if (end >= text.length) return { kind: 'quote', start: i };
      i = end;
    } else if (character === '#' && /\s|^$/.test(text[i - 1] ?? '')) {
      const end = text.indexOf('\n', i);
      i = end < 0 ? text.length : end;
      isStart = true;
      continue;
    } else if ((character === '[' || character === '{') && (isStart || brackets.length > 0)) brackets.push(i);
    else if (character === ']' || character === '}') {
      const start = brackets.pop();
      // Another bracket than the one that is open closes an outer one.
      const isOther = start !== undefined && (text[start] === '[') !== (character === ']');
      if (isOther) return { kind: 'bracket', start };
    }
    if (!/\s/.test(character)) isStart = /[[{,:]/.test(character) || (character === '-' && isStart);
    else if (character === '\n') isStart = true;
  }
  const start = brackets.at(-1);
  return start === undefined ? undefined : { kind: 'bracket', start };
}
