import { printable } from '../printable.ts';

/** The longest piece of an untrusted text that a message quotes. */
const MAX_QUOTE = 60;

/** A value as a message quotes it: in backticks, as JSON unless it is text, cut when long. */
export function quote(value: unknown): string {
  const text =
    typeof value === 'string' ? value : typeof value === 'number' ? String(value) : JSON.stringify(value);
  const characters = [...text];
  return `\`${printable(characters.length > MAX_QUOTE ? `${characters.slice(0, MAX_QUOTE).join('')}…` : text)}\``;
}

/** `a`, `b` or `c`. */
export function listed(words: readonly string[], conjunction = 'or'): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} ${conjunction} ${last}`;
}

const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}！-｠]/u;
const ZERO = /\p{Mn}/u;

/** Columns that a printable text takes on a terminal. */
export function width(text: string): number {
  let columns = 0;
  for (const character of text) columns += ZERO.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return columns;
}
