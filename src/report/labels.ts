import { isDeepStrictEqual } from 'node:util';
import { canonicalJson } from '../canonical-json.ts';
import { printable } from '../printable.ts';

/** Between the parts of a label. */
const dot = ' · ';

/** Values of an axis of the grid, as data: equal values, equal text; undefined where a cell has none. */
export const identityOf = (value: unknown): string => (value === undefined ? '' : canonicalJson(value));

/**
 * The labels of the different values of an axis, by `identityOf`: each is another text, on one line and without characters
 * that act on a terminal, and says of mappings and lists only what differs.
 */
export function labelsOf(values: readonly unknown[]): (value: unknown) => string {
  const different = [...new Map(values.map(value => [identityOf(value), value])).values()];
  const shorts = different.map(value => shortLabel(value, different));
  const told = different.map((value, i) => {
    const alike = different.filter((_, j) => shorts[j] === shorts[i]);
    if (alike.length === 1) return shorts[i]!;
    return isComposed(value)
      ? `${shorts[i]!} (${partsOf(value, alike, true).join(dot) || 'else'})`
      : JSON.stringify(value) === undefined
        ? shorts[i]!
        : printable(JSON.stringify(value));
  });
  const labels = new Map<string, string>();
  const taken = new Set<string>();
  for (const [i, value] of different.entries()) {
    let label = told[i]!;
    // Texts that differ in nothing that can be shown, or imitate what is shown of others.
    for (let n = 2; taken.has(label); n++) label = `${told[i]!} #${n}`;
    taken.add(label);
    labels.set(identityOf(value), label);
  }
  return value => labels.get(identityOf(value)) ?? formatValue(value);
}

/** A value by itself, as a label says it. */
export const formatValue = (value: unknown): string => shortLabel(value, [value]);

const isComposed = (value: unknown): value is object => typeof value === 'object' && value !== null;

function shortLabel(value: unknown, all: readonly unknown[]): string {
  if (!isComposed(value)) return value === undefined ? '–' : printable(String(value));
  const names = namesOf(value);
  if (names !== undefined) return printable(names.join(' + '));
  const parts = partsOf(value, all, false);
  const whole = parts.length > 0 ? parts : partsOf(value, [value], false);
  return whole.length > 0 ? whole.join(dot) : Array.isArray(value) ? 'none' : 'default';
}

/** What the items of a list are called, where all of them have a name: phases. */
function namesOf(value: unknown): string[] | undefined {
  const names = Array.isArray(value)
    ? value.map(item => (isComposed(item) && 'name' in item ? item.name : undefined))
    : [];
  return names.length > 0 && names.every(name => typeof name === 'string') ? names : undefined;
}

type Leaf = readonly [path: readonly string[], value: unknown];

/** The innermost values, with the keys that lead to them; items of a list are called by their names, or counted. */
function leavesOf(value: unknown, path: readonly string[] = []): Leaf[] {
  if (!isComposed(value)) return [[path, value]];
  if (Array.isArray(value) && !value.some(isComposed)) return [[path, value]];
  const names = namesOf(value);
  const keyed = Object.entries(value).map(([key, inner]) => [names?.[Number(key)] ?? key, inner] as const);
  return keyed.flatMap(([key, inner]) => leavesOf(inner, [...path, key]));
}

/** What a value has that not all of these have alike; one alone is told in full. */
function partsOf(value: unknown, all: readonly unknown[], isKeyed: boolean): string[] {
  const others = all.map(other => new Map(leavesOf(other).map(([path, leaf]) => [path.join('.'), leaf])));
  const differing = leavesOf(value).filter(
    ([path, leaf]) =>
      all.length === 1 || !others.every(other => isDeepStrictEqual(other.get(path.join('.')), leaf)),
  );
  const lasts = differing.map(([path]) => path.at(-1) ?? '');
  return differing.map(([path, leaf]) => {
    const last = path.at(-1) ?? '';
    const key = isKeyed || lasts.filter(one => one === last).length > 1 ? path.join('.') : last;
    const text = Array.isArray(leaf) ? leaf.join(', ') || 'none' : String(leaf);
    // A name or a file says by itself what it is; a number does not.
    const isName = typeof leaf === 'string' && !isKeyed && /[^\d.+\-e]/i.test(leaf);
    return printable(isName || key === '' ? text : `${key} ${text}`);
  });
}
