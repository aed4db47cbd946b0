import { createHash } from 'node:crypto';
import { canonicalJson } from '../canonical-json.ts';

/**
 * Version of the method's code that computes results. Raise it whenever a change makes the same configuration and
 * seed give other numbers (a formula, an order of random draws, a default that is not in the configuration), and
 * only then: every result that is kept under the old version is computed anew.
 */
export const METHOD_VERSION = 1;

/** sha256 over the canonical JSON, in hex. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}
