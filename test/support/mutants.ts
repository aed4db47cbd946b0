import { readdirSync, readFileSync } from 'node:fs';
import fc, { type Arbitrary } from 'fast-check';
import { parse, stringify } from 'yaml';
import { isMapping, type Mapping } from '../../src/spec/pointer.ts';

/*
 * Specs as slips of the pen and of the keyboard leave them: those of experiments/, with values of other types, keys in other
 * places, and blocks out of each other; and their texts with characters missing, doubled or foreign.
 */

const texts = readdirSync('experiments')
  .filter(name => name.endsWith('.yaml'))
  .map(name => readFileSync(`experiments/${name}`, 'utf8').replace(/^#.*\n/gm, ''));

type Path = readonly (string | number)[];

const entriesOf = (value: unknown): [string | number, unknown][] =>
  Array.isArray(value) ? [...value.entries()] : isMapping(value) ? Object.entries(value) : [];

/** Where the values in it are, itself first. */
function pathsIn(value: unknown, path: Path = []): Path[] {
  return [path, ...entriesOf(value).flatMap(([key, inner]) => pathsIn(inner, [...path, key]))];
}

const at = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown>)[key], value);

/** The value with that of a path changed; a change to nothing removes it. */
function changed(value: unknown, [key, ...rest]: Path, change: (old: unknown) => unknown): unknown {
  if (key === undefined) return change(value);
  const made = entriesOf(value).flatMap(([name, inner]): [string | number, unknown][] => {
    const next = name === key ? changed(inner, rest, change) : inner;
    return next === undefined ? [] : [[name, next]];
  });
  return Array.isArray(value) ? made.map(([, inner]) => inner) : Object.fromEntries(made);
}

const deep = (levels: number): unknown =>
  Array.from({ length: levels }).reduce<unknown>((inner, _, i) => (i % 2 ? [inner] : { a: inner }), 0);

/** Values that some setting expects and another one does not, and that none does. */
const strangers: readonly unknown[] = [
  ...[
    null,
    true,
    false,
    0,
    -1,
    1,
    2,
    0.5,
    1e-300,
    1e300,
    1e21,
    2 ** 53,
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ],
  ...[
    '',
    ' ',
    '60',
    '1e3',
    'yes',
    'none',
    'resnet8',
    'resnet56',
    'cifar10',
    'embedded',
    'best-of-seeds',
    '.',
    '/dev/null',
  ],
  ...['__proto__', 'constructor', 'toString', 'predictor.hidden', 'ключ', '𝒳\u0000\u202e', 'x'.repeat(5000)],
  ...[
    [],
    [[]],
    {},
    [null],
    [1, 2],
    ['a', 'a'],
    [{}],
    { a: 1 },
    { method: 'none' },
    { method: {} },
    { file: 3 },
  ],
  ...[Array.from({ length: 1500 }, (_, i) => i), Array.from({ length: 300 }, (_, i) => ({ name: `${i}` }))],
  ...[deep(10), deep(40), { valueOf: 1, toString: 2 }, { length: 3 }],
];

const keys = [
  ...[
    'name',
    'iterations',
    'phases',
    'matrix',
    'zip',
    'include',
    'exclude',
    'target',
    'predictor',
    'hidden',
    'losses',
  ],
  ...[
    'predictor.hidden',
    'phases.0.iterations',
    'method',
    '__proto__',
    'constructor',
    '',
    '0',
    ' iterations',
    'a/b~c',
  ],
];

/** So far along a list that has at least one value. */
const nth = <Value>(values: readonly Value[], share: number): Value =>
  values[Math.min(values.length - 1, Math.floor(share * values.length))]!;

type Mutation = (spec: unknown) => unknown;

const share = fc.noBias(fc.integer({ min: 0, max: 9_999 })).map(i => i / 10_000);
const spec: Arbitrary<Mapping> = fc.constantFrom(...texts).map(text => parse(text) as Mapping);
const stranger = fc.constantFrom(...strangers);

const mutation: Arbitrary<Mutation> = fc.oneof(
  // Another value, of whatever type.
  fc.tuple(share, stranger).map(([place, value]) => (spec: unknown) => {
    return changed(spec, nth(pathsIn(spec), place), () => value);
  }),
  // The value of another place, of this spec or of another one.
  fc.tuple(share, share, fc.option(spec)).map(([to, from, other]) => (spec: unknown) => {
    const giver = other ?? spec;
    return changed(spec, nth(pathsIn(spec), to), () => at(giver, nth(pathsIn(giver), from)));
  }),
  // A block of another spec, beside or in place of its own.
  fc.tuple(spec, share).map(([other, block]) => (spec: unknown) => {
    const [key, value] = nth(Object.entries(other), block);
    return isMapping(spec) ? { ...spec, [key]: value } : value;
  }),
  // A key that moved into another mapping.
  fc.tuple(share, share).map(([from, to]) => (spec: unknown) => {
    const path = nth(pathsIn(spec), from);
    const key = String(path.at(-1) ?? 'name');
    const value = at(spec, path);
    const without = path.length === 0 ? spec : changed(spec, path, () => undefined);
    const mappings = pathsIn(without).filter(one => isMapping(at(without, one)));
    if (mappings.length === 0) return value;
    return changed(without, nth(mappings, to), old => ({ ...(old as Mapping), [key]: value }));
  }),
  // Another key, or none.
  fc.tuple(share, fc.option(fc.constantFrom(...keys))).map(([place, key]) => (spec: unknown) => {
    const path = nth(pathsIn(spec), place);
    if (key === null || path.length === 0)
      return path.length === 0 ? spec : changed(spec, path, () => undefined);
    return changed(spec, path.slice(0, -1), old =>
      Object.fromEntries(entriesOf(old).map(([name, value]) => [name === path.at(-1) ? key : name, value])),
    );
  }),
  // Values of the grid.
  fc
    .tuple(fc.constantFrom('matrix', 'zip'), share, fc.array(stranger, { minLength: 1, maxLength: 4 }))
    .map(([list, place, values]) => (spec: unknown) => {
      const path = nth(pathsIn(spec), place).filter(key => typeof key === 'string');
      const grid = isMapping(spec) && isMapping(spec[list]) ? spec[list] : {};
      return isMapping(spec) ? { ...spec, [list]: { ...grid, [path.join('.')]: values } } : spec;
    }),
  fc
    .tuple(fc.constantFrom('include', 'exclude'), share, stranger)
    .map(([list, place, value]) => (spec: unknown) => {
      const path = nth(pathsIn(spec), place).filter(key => typeof key === 'string');
      const entries = isMapping(spec) && Array.isArray(spec[list]) ? spec[list] : [];
      return isMapping(spec) ? { ...spec, [list]: [...entries, { [path.join('.')]: value }] } : spec;
    }),
  // Wrapped.
  fc.tuple(share, fc.boolean()).map(([place, inList]) => (spec: unknown) => {
    return changed(spec, nth(pathsIn(spec), place), old =>
      inList ? [old, old] : { file: old, method: old },
    );
  }),
);

const written = (spec: unknown) => stringify(spec, { aliasDuplicateObjects: false });

/** Specs of the right syntax. */
export const mutants: Arbitrary<string> = fc
  .tuple(spec, fc.array(mutation, { minLength: 1, maxLength: 3 }))
  .map(([spec, mutations]) => mutations.reduce<unknown>((value, mutate) => mutate(value), spec))
  .map(written);

/** Specs with a block or two of others, most of which could stand there. */
export const blocks: Arbitrary<string> = fc
  .tuple(spec, fc.array(fc.tuple(spec, share), { minLength: 1, maxLength: 2 }))
  .map(([spec, others]) => ({
    ...spec,
    ...Object.fromEntries(others.map(([other, block]) => nth(Object.entries(other), block))),
  }))
  .map(written);

const pieces = [
  ...[
    '\t',
    ' ',
    '\n',
    '\u00a0',
    '\u201c',
    '\u2019',
    '\ufeff',
    '\u0000',
    '\u2028',
    ':',
    ': ',
    '- ',
    '-',
    '{',
    '}',
    '[',
    ']',
  ],
  ...[
    '&a ',
    '*a',
    '!',
    '!!binary x',
    '|',
    '>',
    '%',
    '@',
    '`',
    '"',
    "'",
    '#',
    ',',
    '? ',
    '---\n',
    '...\n',
    '<<: ',
    '~',
  ],
];

/** Texts of specs after a slip of the keyboard or a few. */
export const typos: Arbitrary<string> = fc
  .tuple(
    fc.constantFrom(...texts),
    fc.array(fc.tuple(share, fc.integer({ min: 0, max: 3 }), fc.option(fc.constantFrom(...pieces))), {
      minLength: 1,
      maxLength: 4,
    }),
  )
  .map(([text, slips]) =>
    slips.reduce((text, [place, length, piece]) => {
      const i = Math.floor(place * text.length);
      return text.slice(0, i) + (piece ?? '') + text.slice(i + length);
    }, text),
  );

/** What `--set` may say. */
export const overrides: Arbitrary<string> = fc
  .tuple(spec, share, fc.oneof(stranger, fc.constantFrom(...keys)), fc.boolean())
  .map(([spec, place, value, isText]) => {
    const path = nth(pathsIn(spec), place).join('.');
    return `${path}=${isText ? `${typeof value === 'object' ? JSON.stringify(value) : String(value)}` : stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim()}`;
  });
