import { canonicalJson } from '../canonical-json.ts';
import type { Pointer } from './pointer.ts';

/** A value that the grid or an option gives to a path, and where it is written. */
export interface Assignment {
  path: string;
  value: unknown;
  at: Pointer;
}

/** The assignments that make one cell, applied in order to the configuration that the spec gives for all. */
export type Combination = readonly Assignment[];

/** Whether two values of a setting are the same one, whatever the order of their keys. */
export const same = (a: unknown, b: unknown) =>
  a === b || (typeof a === 'object' && canonicalJson(a) === canonicalJson(b));
