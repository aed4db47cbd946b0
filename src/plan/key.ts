import { createHash } from 'node:crypto';

/**
 * Version of the method's code that computes results. Raise it whenever a change makes the same configuration and
 * seed give other numbers (a formula, an order of random draws, a default that is not in the configuration), and
 * only then: every result that is kept under the old version is computed anew.
 */
export const METHOD_VERSION = 1;

/**
 * JSON with the keys of every object sorted and undefined members left out: equal data, equal text.
 * Throws a TypeError on what JSON would silently turn into null (NaN, infinities, functions).
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  const representable = value === null || typeof value === 'string' || typeof value === 'boolean';
  if (!representable && !(typeof value === 'number' && Number.isFinite(value)))
    throw new TypeError(`Expected JSON data, got \`${String(value)}\``);
  return JSON.stringify(value);
}

/** sha256 over the canonical JSON, in hex. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}
