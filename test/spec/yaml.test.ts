import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { below } from '../../src/spec/pointer.ts';
import { MAX_DEPTH, MAX_VALUES, readYaml } from '../../src/spec/yaml.ts';

const read = (text: string) => {
  const { document, diagnostics } = readYaml(text, 'a.yaml');
  return { data: document?.data, places: document?.places, codes: diagnostics.map(({ code }) => code) };
};

test('any JSON value reads back as it was written, in block and in flow style', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), value => {
      const json = JSON.parse(JSON.stringify(value));
      expect(read(stringify(json)).data).toEqual(json);
      expect(read(JSON.stringify(json)).data).toEqual(json);
    }),
  );
});

test('no text makes the reader throw', () => {
  const bits = fc.constantFrom(
    'a',
    ': ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    ',',
    '&x ',
    '*x',
    '!t ',
    '\n',
    '  ',
    '\t',
    '"',
    "'",
    '|',
    '? ',
    '<<',
    '#',
    '%',
    '\u0000',
  );
  fc.assert(
    fc.property(fc.array(bits, { maxLength: 40 }), parts => void read(parts.join(''))),
    { numRuns: 500 },
  );
});

test('every value has its place', () => {
  const text = 'name: x\nmatrix:\n  predictor.hidden: [140, 160]\n  "a/b~": { c: 1 }\n';
  const { places } = read(text);
  const at = (pointer: string) => places?.get(pointer);
  expect(at('/name')?.key?.range).toEqual({ line: 1, column: 1, endLine: 1, endColumn: 5 });
  expect(at('/name')?.value.range).toEqual({ line: 1, column: 7, endLine: 1, endColumn: 8 });
  expect(at('/matrix/predictor.hidden/1')?.value.range).toEqual({
    line: 3,
    column: 27,
    endLine: 3,
    endColumn: 30,
  });
  expect(at(`${below('/matrix', 'a/b~')}/c`)?.value.range).toEqual({
    line: 4,
    column: 16,
    endLine: 4,
    endColumn: 17,
  });
  expect(at('/matrix')?.value.range).toEqual({ line: 3, column: 3, endLine: 4, endColumn: 19 });
});

describe('aliases', () => {
  test('stand for the value of their anchor', () => {
    expect(read('a: &v [1, 2]\nb: *v\nc: { d: *v }').data).toEqual({
      a: [1, 2],
      b: [1, 2],
      c: { d: [1, 2] },
    });
    expect(read('a: &v 1\nb: *v\nc: &v 2\nd: *v').data).toEqual({ a: 1, b: 1, c: 2, d: 2 });
  });
  test('are placed where they are used, their insides where they are written', () => {
    const { places } = read('a: &v [1, 2]\nb: *v');
    expect(places?.get('/b/1')?.value.range.line).toBe(1);
    expect(places?.get('/b')?.value.range).toEqual({ line: 2, column: 4, endLine: 2, endColumn: 6 });
    expect(places?.get('/b')?.key?.range.line).toBe(2);
  });
  test('cannot grow without bound, nor contain themselves', () => {
    const many = `a: &a [${Array(1000).fill(0).join(', ')}]\nb: [${Array(MAX_VALUES / 1000)
      .fill('*a')
      .join(', ')}]`;
    expect(read(many).codes).toEqual(['alias-bomb']);
    expect(read('a: &a { b: *a }').codes).toEqual(['too-deep']);
    expect(read('a: *b').codes).toEqual(['yaml-syntax']);
  });
});

test('limits hold exactly', () => {
  const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  expect(read(deep(MAX_DEPTH + 1)).codes).toEqual([]);
  expect(read(deep(MAX_DEPTH + 2)).codes).toEqual(['too-deep']);
  const wide = (values: number) => `[${Array(values).fill(0).join(',')}]`;
  expect(read(wide(MAX_VALUES - 1)).codes).toEqual([]);
  expect(read(wide(MAX_VALUES)).codes).toEqual(['file-too-large']);
});

test('mappings have no prototype to be reached', () => {
  const { data } = read('__proto__: { x: 1 }\nconstructor: 2') as { data: Record<string, unknown> };
  expect(Object.keys(data)).toEqual(['__proto__', 'constructor']);
  expect(Object.getPrototypeOf(data)).toBe(null);
});

test('line ends of every kind count', () => {
  expect(read('a: 1\r\nb: 2\r\n').places?.get('/b')?.value.range).toEqual({
    line: 2,
    column: 4,
    endLine: 2,
    endColumn: 5,
  });
  expect(read('\uFEFFa: 1').data).toEqual({ a: 1 });
});
