/** A JSON pointer into the spec, such as `/matrix/predictor.hidden/0`; the empty one is the whole spec. */
export type Pointer = string;

/** The pointer to a key or an index below a pointer. */
export const below = (pointer: Pointer, key: string | number): Pointer =>
  `${pointer}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;

/** The keys of a pointer, from the top. */
export const keysOf = (pointer: Pointer): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map(key => key.replaceAll('~1', '/').replaceAll('~0', '~'));

export const parentOf = (pointer: Pointer): Pointer =>
  pointer.slice(0, Math.max(0, pointer.lastIndexOf('/')));

/** `predictor.hidden` as a pointer. */
export const pointerTo = (path: string): Pointer => path.split('.').reduce<Pointer>(below, '');

/** Whether one path is the other or lies inside it. */
export const overlaps = (a: string, b: string): boolean =>
  a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`);

export type Mapping = Record<string, unknown>;

export const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isIndex = (key: string): boolean => /^(0|[1-9]\d*)$/.test(key);

/** Whether data has every entry of a list that a path goes through. */
export function hasEntries(data: unknown, [key, ...rest]: readonly string[]): boolean {
  if (key === undefined) return true;
  if (!isIndex(key))
    return hasEntries(isMapping(data) && Object.hasOwn(data, key) ? data[key] : undefined, rest);
  return Array.isArray(data) && Number(key) < data.length && hasEntries(data[Number(key)], rest);
}

/** The value at a dotted path, looking at own keys only; undefined when there is none. */
export function valueAt(data: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, key) => (isMapping(value) && Object.hasOwn(value, key) ? value[key] : undefined),
      data,
    );
}

/**
 * Data with the value at a dotted path replaced; mappings on the way are made where they lack, and a number is an entry
 * of a list that has it. The data is not changed.
 * Only own keys are read, and keys are defined rather than assigned, so that no path reaches a prototype.
 */
export function withValue(data: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(data) && isIndex(key) && Number(key) < data.length)
    return data.map((item, i) => (i === Number(key) ? withValue(item, rest, value) : item));
  const copy: Mapping = isMapping(data) ? { ...data } : {};
  const inner = Object.hasOwn(copy, key) ? copy[key] : undefined;
  Object.defineProperty(copy, key, {
    value: withValue(inner, rest, value),
    enumerable: true,
    configurable: true,
    writable: true,
  });
  return copy;
}
