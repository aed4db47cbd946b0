import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, hashOf } from '../src/canonical-json.ts';

/** The same data with the keys of every object in another order. */
function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, member]) => [key, reordered(member)] as const)
      .reverse(),
  );
}

const data = fc.jsonValue({ noUnicodeString: false });

describe('canonicalJson', () => {
  it('does not depend on the order of keys', () => {
    fc.assert(fc.property(data, value => canonicalJson(value) === canonicalJson(reordered(value))));
  });

  it('is JSON of the same data', () => {
    fc.assert(
      fc.property(data, value => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('tells other data apart', () => {
    fc.assert(
      fc.property(data, data, (a, b) => {
        fc.pre(JSON.stringify(reordered(a)) !== JSON.stringify(reordered(b)));
        fc.pre(canonicalJson(a) !== canonicalJson(b));
        expect(hashOf(a)).not.toBe(hashOf(b));
      }),
    );
  });

  it('leaves undefined members out', () => {
    expect(canonicalJson({ b: undefined, a: [1, { d: null, c: 'x' }] })).toBe('{"a":[1,{"c":"x","d":null}]}');
  });

  it('tells the numbers that JSON lacks apart from null and from each other', () => {
    const texts = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, null].map(canonicalJson);
    expect(new Set(texts).size).toBe(4);
  });

  it.each([() => 0, [undefined], Symbol('x')])('refuses what is no data', value => {
    expect(() => canonicalJson({ value })).toThrow(TypeError);
  });
});
