import { isMapping, type Mapping } from './pointer.ts';
import { follow, type Schema, settingPaths } from './schema.ts';
import { pairMeant } from './syntax.ts';
import { quote } from './text.ts';

/*
 * How to write what was probably meant where the schema minds what was written.
 */

type Hint = { hint: string } | undefined;

const write = (text: string, why = ''): Hint => ({ hint: `write ${quote(text)}${why}` });

/** A value as YAML would have it on one line. */
export function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`;
  if (!isMapping(value)) return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  const members = Object.entries(value).map(([key, inner]) => `${key}: ${inline(inner)}`);
  return `{ ${members.join(', ')} }`;
}

/** A list is expected. */
export function listMeant(value: unknown, name: string, schema: Schema): Hint {
  const list = follow(schema);
  if (list.type !== 'array') return undefined;
  if (typeof value === 'string') {
    if (/^-\S/.test(value))
      return write(`- ${value.slice(1).split(/\s+-/)[0]}`, ', with a space after each dash');
    if (/,/.test(value)) return write(`[${value.split(/\s*,\s*/).join(', ')}]`);
  }
  if (isMapping(value)) {
    const [first] = Object.entries(value);
    if (first?.[0].startsWith('-'))
      return write(`- ${first[0].slice(1)}: ${inline(first[1])}`, ', with a space after the dash');
    const leaf = name.startsWith('matrix.') || name.startsWith('zip.') ? leafOf(value) : undefined;
    if (leaf !== undefined) {
      const [, path] = /^\w+\.(.*)/.exec(name)!;
      const values = Array.isArray(leaf.value) ? leaf.value : [leaf.value];
      return write(`${path}.${leaf.path}: ${inline(values)}`, ': a key of the grid is a whole path');
    }
    if (first !== undefined && follow(list.items || {}).type === 'object')
      return write(`- ${first[0]}: ${inline(first[1])}`, ': each entry begins with a dash');
  }
  const isOne = value !== null && (typeof value !== 'object' || isMapping(value));
  return isOne ? write(`[${inline(value)}]`) : undefined;
}

/** The first value in nested mappings, and the path to it. */
function leafOf(value: Mapping): { path: string; value: unknown } | undefined {
  const [first] = Object.entries(value);
  if (first === undefined) return undefined;
  const [key, inner] = first;
  const leaf = isMapping(inner) ? leafOf(inner) : undefined;
  return leaf === undefined
    ? { path: key, value: inner }
    : { path: `${key}.${leaf.path}`, value: leaf.value };
}

/** A mapping is expected. */
export function mappingMeant(value: unknown, schema: Schema): Hint {
  if (follow(schema).type !== 'object') return undefined;
  const pair = typeof value === 'string' ? pairMeant(value) : undefined;
  if (pair !== undefined) return write(pair);
  if (!Array.isArray(value)) return undefined;
  const keys = value.flatMap(item => (isMapping(item) ? Object.entries(item) : []));
  return keys.length === 0
    ? undefined
    : write(`${keys[0]![0]}: ${inline(keys[0]![1])}`, ', without a dash before it');
}

/** A key that no mapping has: dots that should be nested, or a colon without a space behind it. */
export function keyMeant(keys: readonly string[], key: string, value: unknown): Hint {
  const glued = /^([\w.]+)[:=](.+)$/.exec(key);
  if (glued) return write(`${glued[1]}: ${glued[2]}`, ', with a space after the colon');
  if (!key.includes('.')) return undefined;
  const inside = [...keys, ...key.split('.')].join('.');
  const isWhole = settingPaths.includes(key);
  if (!isWhole && !settingPaths.includes(inside)) return undefined;
  // A whole path inside the mapping that it leads to says its beginning twice.
  const rest =
    isWhole && keys.length > 0 && key.startsWith(`${keys.join('.')}.`)
      ? key.slice(keys.join('.').length + 1)
      : key;
  const [first, ...others] = rest.split('.');
  const nested = others.reduceRight<unknown>((inner, one) => ({ [one]: inner }), value);
  return write(`${first}: ${inline(nested)}`, '; dots join keys in the grid and after `--set` only');
}

/** A key that is no setting of a cell, and so none of the grid. */
export function axisMeant(path: string, value: unknown): Hint {
  if (['seed', 'seeds', 'repeats'].includes(path)) {
    if (value === undefined)
      return { hint: 'every cell is run with all seeds: `--set seeds=[0,1]` or `--repeats 2`' };
    const seeds =
      Array.isArray(value) && path !== 'repeats'
        ? `seeds: ${inline(value)}`
        : `repeats: ${inline([value].flat()[0])}`;
    return write(seeds, ' beside the grid: every cell is run with all seeds');
  }
  if (['name', 'description', 'device', 'report'].includes(path))
    return { hint: `${quote(path)} is one for all cells: write it beside the grid` };
  return undefined;
}
