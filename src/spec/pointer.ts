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
 * Data with the value at a dotted path replaced; mappings on the way are made where they lack. The data is not changed.
 * Only own keys are read, and keys are defined rather than assigned, so that no path reaches a prototype.
 */
export function withValue(data: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
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
