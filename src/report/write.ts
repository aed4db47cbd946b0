import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cannotWrite, writeAtomic, writeJsonAtomic } from '../files/atomic.ts';
import { renderCsv } from './csv.ts';
import { layOut, type ReportRequest } from './layout.ts';
import { renderMarkdown } from './markdown.ts';
import type { Results } from './results.ts';

/** Every metric that some cell has, in the order in which runs report them. */
export function metricsOf({ cells }: Results): string[] {
  return [...new Set(cells.flatMap(cell => Object.keys(cell.metrics)))];
}

/**
 * Writes results.json and tables/<metric>.md and .csv into the sweep's folder. Tables of earlier calls that this one does
 * not write go; nothing else is removed, for another call may be writing the same ones.
 */
export async function writeReport(folder: string, results: Results, request: ReportRequest): Promise<void> {
  await writeJsonAtomic(join(folder, 'results.json'), results);
  const tables = join(folder, 'tables');
  const written = metricsOf(results).flatMap(metric => [
    { name: `${metric}.md`, text: renderMarkdown(layOut(results, metric, request)) },
    { name: `${metric}.csv`, text: renderCsv(results, metric) },
  ]);
  for (const { name, text } of written) await writeAtomic(join(tables, name), text);
  const found = await readdir(tables).catch(() => []);
  const stale = found.filter(file => /\.(md|csv)$/.test(file) && !written.some(({ name }) => name === file));
  for (const file of stale) {
    await rm(join(tables, file), { force: true }).catch(error => {
      throw cannotWrite(join(tables, file), error);
    });
  }
}
