import stringWidth from 'string-width';

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * The columns that a text takes on a terminal: two for each wide character (CJK, most emoji), none for marks that combine
 * with the one before them, and none for colours.
 */
export const displayWidth = (text: string): number =>
  /^[ -~]*$/.test(text) ? text.length : stringWidth(text);

/** The longest beginning of a text that takes at most so many columns; no character is torn apart. */
export const beginningOf = (text: string, columns: number): string => whole(charactersOf(text), columns);

/** The longest end of a text that takes at most so many columns. */
export const endOf = (text: string, columns: number): string => {
  const reversed = whole(charactersOf(text).reverse(), columns);
  return text.slice(text.length - reversed.length);
};

/** A text with spaces behind it, or before it, so that it takes so many columns; a wider one stays as it is. */
export function padded(text: string, columns: number, align: 'left' | 'right' = 'left'): string {
  const spaces = ' '.repeat(Math.max(0, columns - displayWidth(text)));
  return align === 'left' ? text + spaces : spaces + text;
}

/** The text in lines of at most so many columns, broken at spaces; a longer word has a line of its own. */
export function wrap(text: string, columns: number): string[] {
  const lines: { text: string; width: number }[] = [];
  for (const word of text.split(' ')) {
    const width = displayWidth(word);
    const line = lines.at(-1);
    if (line !== undefined && line.width + 1 + width <= columns) {
      line.text += ` ${word}`;
      line.width += 1 + width;
    } else lines.push({ text: word, width });
  }
  return lines.map(line => line.text);
}

const charactersOf = (text: string): string[] =>
  Array.from(segmenter.segment(text), ({ segment }) => segment);

/** As many of the characters, from the first on, as have room together. */
function whole(characters: readonly string[], columns: number): string {
  let left = columns;
  const end = characters.findIndex(character => {
    left -= displayWidth(character);
    return left < 0;
  });
  return characters.slice(0, end < 0 ? undefined : end).join('');
}
