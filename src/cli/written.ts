import { relative } from 'node:path';
import type { Options } from './command.ts';
import { print } from './output.ts';

/** What a command tells of the files that it wrote. */
interface Written {
  readonly files: readonly string[];
}

/** Says what was written: all of the record as JSON, or lines and the files' paths unless it is to be quiet. */
export function tellWritten<Record extends Written>(
  { json, quiet }: Options,
  record: Record,
  lines: readonly string[],
): void {
  const paths = record.files.map(path => `  ${relative('', path) || path}`);
  if (json) print(`${JSON.stringify(record)}\n`);
  else if (!quiet) print(`${[...lines, ...paths].join('\n')}\n`);
}
