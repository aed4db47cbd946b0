/**
 * Writes what `bench/gpu` measured into docs/results/performance.md, between the lines that mark the place.
 *
 *   npm run bench:report -- [gpu.json] [--into docs/results/performance.md]
 *
 * Without a file, or with one of a machine that has no GPU, it says there that no GPU was measured.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { writeAtomic } from '../src/files/atomic.ts';
import { replaceMarked } from './gpu/marked.ts';
import type { GpuReport } from './gpu/result.ts';
import { gpuSection } from './gpu/tables.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { into: { type: 'string', default: 'docs/results/performance.md' } },
});
const [file] = positionals;
const report = file === undefined ? undefined : (JSON.parse(await readFile(file, 'utf8')) as GpuReport);
if (report && report.schemaVersion !== 1)
  throw new Error(`Expected the schemaVersion of ${file} to be 1, got \`${report.schemaVersion}\``);
const text = await readFile(values.into, 'utf8');
await writeAtomic(values.into, replaceMarked(text, 'gpu', gpuSection(report)));
