import { hash } from 'node:crypto';

/**
 * JSON with the keys of every object sorted and undefined members left out: equal data, equal text, whatever order it
 * was written in. The numbers that JSON lacks (NaN, infinities) are written by their names, so that other data has
 * another text also before it is validated. Throws a TypeError on what is no data: functions, undefined in a list.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    // In one pass and without lists of pairs: a large plan hashes every cell several times.
    let members = '';
    for (const key of Object.keys(value).sort()) {
      const member = (value as Record<string, unknown>)[key];
      if (member === undefined) continue;
      members += `${members === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(member)}`;
    }
    return `{${members}}`;
  }
  if (typeof value === 'number') return Number.isFinite(value) ? JSON.stringify(value) : String(value);
  if (value !== null && typeof value !== 'string' && typeof value !== 'boolean')
    throw new TypeError(`Expected JSON data, got \`${String(value)}\``);
  return JSON.stringify(value);
}

/** sha256 over the canonical JSON, in hexadecimal: equal data, equal hash. */
export function hashOf(value: unknown): string {
  return hash('sha256', canonicalJson(value));
}
