import { statSync } from 'node:fs';

const modified = file => statSync(file, { throwIfNoEntry: false })?.mtimeMs;

/** Whether a generated file is newer than all it is made from, the versions of its makers (package-lock.json) included. */
export function isUpToDate(output, ...inputs) {
  const made = modified(output);
  return made !== undefined && [...inputs, 'package-lock.json'].every(input => modified(input) < made);
}
