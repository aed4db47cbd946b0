import type { Problem } from './validate.ts';

/** A combination of settings that cannot work, as the list that a rule gives. */
export const problem = (pointer: string, message: string, hint: string): Problem[] => [
  { code: 'impossible-combination', pointer, at: 'value', message, hint },
];
