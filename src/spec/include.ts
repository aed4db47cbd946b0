import { canonicalJson } from '../canonical-json.ts';
import { type Assignment, type Combination, same } from './assignment.ts';
import { found } from './describe.ts';
import { inline } from './mend.ts';
import { parentOf } from './pointer.ts';
import { nearest } from './suggest.ts';
import { listed, quote } from './text.ts';
import type { Problem } from './validate.ts';

interface Result {
  combinations: Combination[];
  problems: Problem[];
}

/** Removes the combinations that have all the values of an entry. An entry that removes none is a mistake. */
export function excludeFrom(product: readonly Combination[], entries: readonly Assignment[][]): Result {
  const unmatched = entries.filter(entry => !product.some(combination => agrees(combination, entry)));
  const problems = matchNothing('exclude', unmatched, product);
  const combinations = product.filter(combination => !entries.some(entry => agrees(combination, entry)));
  return { combinations, problems };
}

/**
 * As in GitHub Actions: each entry is compared with the combinations of the grid only, not with those that other
 * entries made; it may overwrite what an earlier entry added, never a value of the grid. An entry that agrees with no
 * combination becomes one itself, if it says what every path of the grid is; otherwise it is a mistake.
 */
export function includeInto(
  grid: readonly Combination[],
  entries: readonly Assignment[][],
  product: readonly Combination[],
): Result {
  const own = (product[0] ?? []).map(({ path }) => path);
  const problems: Problem[] = [];
  const unmatched: Assignment[][] = [];
  const added: Combination[] = [];
  let extended: Combination[] = [...grid];
  for (const entry of entries) {
    const values = entry.filter(({ path }) => own.includes(path));
    const extras = entry.filter(({ path }) => !own.includes(path));
    const matches = grid.map(combination => agrees(combination, values));
    if (matches.includes(true) && extras.length === 0) problems.push(addsNothing(entry));
    else if (matches.includes(true)) {
      extended = extended.map((combination, i) =>
        matches[i] ? overwrite(combination, extras) : combination,
      );
    } else if (values.length === own.length) added.push([...inOrder(values, own), ...extras]);
    else unmatched.push(values);
  }
  return {
    combinations: [...extended, ...added],
    problems: [...problems, ...matchNothing('include', unmatched, grid, own)],
  };
}

const inOrder = (values: readonly Assignment[], own: readonly string[]) =>
  own.map(path => values.find(value => value.path === path)!);

const overwrite = (combination: Combination, extras: readonly Assignment[]): Combination => [
  ...combination.filter(({ path }) => !extras.some(extra => extra.path === path)),
  ...extras,
];

const agrees = (combination: Combination, entry: readonly Assignment[]): boolean =>
  entry.every(({ path, value }) => combination.some(one => one.path === path && same(one.value, value)));

/** The different values of each path. */
function valuesByPath(combinations: readonly Combination[]): Map<string, Map<string, unknown>> {
  const values = new Map<string, Map<string, unknown>>();
  for (const { path, value } of combinations.flat()) {
    const known = values.get(path) ?? new Map<string, unknown>();
    values.set(path, known.set(canonicalJson(value), value));
  }
  return values;
}

function matchNothing(
  key: 'include' | 'exclude',
  entries: readonly Assignment[][],
  combinations: readonly Combination[],
  own: readonly string[] = [],
): Problem[] {
  const known = entries.length > 0 ? valuesByPath(combinations) : new Map();
  return entries.map(entry => matchesNothing(key, entry, known, own));
}

/** Longer lists of values do not help; the nearest one is suggested anyway. */
const MAX_LISTED = 12;

/** Points at the first value that the grid lacks; when it has all of them, at the entry. */
function matchesNothing(
  key: 'include' | 'exclude',
  entry: readonly Assignment[],
  values: ReadonlyMap<string, ReadonlyMap<string, unknown>>,
  own: readonly string[],
): Problem {
  const code = `${key}-matches-nothing` as const;
  const missing = own.filter(path => !entry.some(one => one.path === path));
  const complete =
    missing.length === 0 ? [] : [`To add a cell of its own, give ${listed(missing.map(quote), 'and')} too.`];
  const hint = (...hints: string[]) => (hints.length === 0 ? {} : { hint: hints.join(' ') });
  const stray = entry.find(({ path, value }) => !values.get(path)?.has(canonicalJson(value)));
  if (stray === undefined) {
    const message = `Expected \`${key}\` to match a combination of the grid, got values that never meet`;
    return { code, pointer: parentOf(entry[0]?.at ?? `/${key}`), at: 'value', message, ...hint(...complete) };
  }
  const texts = [...(values.get(stray.path)?.keys() ?? [])];
  const known = texts.map(value => value.replace(/^"|"$/g, ''));
  const close = nearestValue(stray.value, known);
  const retyped = texts[known.findIndex(text => isSameButForItsType(stray.value, text))];
  const meant =
    retyped !== undefined
      ? [`write ${retyped}, ${retyped.startsWith('"') ? 'in' : 'without'} quotes.`]
      : Array.isArray(stray.value) && stray.value.length > 0
        ? [
            `an entry has one value of a path: write \`${stray.path}: ${inline(stray.value[0])}\`, and an entry for each other.`,
          ]
        : close === undefined
          ? []
          : [`did you mean ${quote(close)}?`];
  return {
    code,
    pointer: stray.at,
    at: 'value',
    message: `Expected \`${key}\` to match a combination of the grid, but none has ${quote(stray.path)} ${found(stray.value)}`,
    ...(known.length > MAX_LISTED ? {} : { expected: listed(known.map(quote)) }),
    ...hint(...meant, ...complete),
  };
}

/** Whether a value is the number, or true or false, that a text is, or a text the other. */
function isSameButForItsType(value: unknown, text: string): boolean {
  if (typeof value === 'object') return false;
  if (typeof value !== 'string') return String(value) === text;
  const word =
    { yes: 'true', on: 'true', no: 'false', off: 'false' }[value.toLowerCase()] ?? value.toLowerCase();
  return word === text || (value.trim() !== '' && Number(value) === Number(text));
}

function nearestValue(value: unknown, known: readonly string[]): string | undefined {
  if (typeof value === 'string') return nearest(value, known);
  const numbers = known.map(Number).filter(Number.isFinite);
  if (typeof value !== 'number' || numbers.length === 0) return undefined;
  return String(numbers.reduce((a, b) => (Math.abs(b - value) < Math.abs(a - value) ? b : a)));
}

function addsNothing(entry: readonly Assignment[]): Problem {
  return {
    code: 'include-adds-nothing',
    pointer: parentOf(entry[0]!.at),
    at: 'value',
    message: 'Expected `include` to add a cell or a setting, got a combination that the grid already has',
    hint: 'give the setting that is to differ, or remove the entry',
  };
}
