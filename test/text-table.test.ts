import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { drawTable } from '../src/text-table.ts';
import { beginningOf, displayWidth, endOf, padded, wrap } from '../src/text-width.ts';

const family = '👩‍👩‍👧';
const texts = fc.string({ unit: 'grapheme', maxLength: 30 });

describe('the width of text', () => {
  // As Unicode's EastAsianWidth.txt and emoji-data.txt have it, and terminals show it.
  test.each([
    ['plain', 5],
    ['±–·…─', 5],
    ['権重', 4],
    ['ｶﾅ', 2],
    ['한국', 4],
    ['e\u0301', 1],
    ['n\u0303o', 2],
    ['😀', 2],
    [family, 2],
    ['🇩🇪', 2],
    ['\u001b[31mred\u001b[39m', 3],
    ['', 0],
  ])('of `%s` is %i', (text, width) => {
    expect(displayWidth(text)).toBe(width);
    expect(displayWidth(padded(text, 8))).toBe(8);
    expect(displayWidth(padded(text, 8, 'right'))).toBe(8);
  });

  it('is what parts of a text are cut by, and no character is torn apart', () => {
    expect(beginningOf('権重権重', 3)).toBe('権');
    expect(endOf('権重権重', 5)).toBe('権重');
    expect(beginningOf(`e\u0301e\u0301`, 1)).toBe('e\u0301');
    expect(endOf(`a${family}`, 1)).toBe('');
    fc.assert(
      fc.property(texts, fc.integer({ min: 0, max: 20 }), (text, columns) => {
        const [beginning, end] = [beginningOf(text, columns), endOf(text, columns)];
        expect(text.startsWith(beginning) && text.endsWith(end)).toBe(true);
        for (const part of [beginning, end]) expect(displayWidth(part)).toBeLessThanOrEqual(columns);
        if (displayWidth(text) <= columns) expect([beginning, end]).toEqual([text, text]);
      }),
      { seed: 3 },
    );
  });

  it('is what lines are broken by', () => {
    expect(wrap('権重 権重 ab cd', 9)).toEqual(['権重 権重', 'ab cd']);
    expect(wrap('aaaaaaaaaaaa b', 4)).toEqual(['aaaaaaaaaaaa', 'b']);
  });
});

describe('a drawn table', () => {
  const columns = [
    { title: 'name', align: 'left' },
    { title: '値', align: 'right' },
  ] as const;

  it('has columns that line up whatever is in them', () => {
    expect(
      drawTable(columns, [
        ['権重', '1'],
        ['e\u0301', '23'],
        [family, '456'],
      ]),
    ).toEqual({
      header: 'name   値',
      rule: '────  ───',
      rows: ['権重    1', 'e\u0301      23', `${family}    456`],
    });
  });

  it('is no wider than it is told to be, where labels can give room', () => {
    const rows = ['権'.repeat(40), '重'.repeat(40), `${'権'.repeat(39)}重`].map(label => [label, '1']);
    const drawn = drawTable(columns, rows, 30);
    expect(drawn.rows).toEqual([
      `…${'権'.repeat(12)}    1`,
      `…${'重'.repeat(12)}    1`,
      `…${'権'.repeat(11)}重    1`,
    ]);
  });

  it('lines up for all texts', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(texts, texts)), fc.integer({ min: 20, max: 60 }), (rows, width) => {
        const marked = rows.map(row => [...row.map(text => text.trim()), '|']);
        const { rule, rows: lines } = drawTable(
          [...columns, { title: '|', align: 'right' }] as const,
          marked,
          width,
        );
        for (const line of lines) expect(displayWidth(line)).toBe(displayWidth(rule));
      }),
      { seed: 5 },
    );
  });
});
