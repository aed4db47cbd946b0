import { rm } from 'node:fs/promises';
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

/** Writes results.json and tables/<metric>.md and .csv into the sweep's folder; tables of earlier calls go. */
export async function writeReport(folder: string, results: Results, request: ReportRequest): Promise<void> {
  await writeJsonAtomic(join(folder, 'results.json'), results);
  const tables = join(folder, 'tables');
  await rm(tables, { recursive: true, force: true }).catch(error => {
    throw cannotWrite(tables, error);
  });
  for (const metric of metricsOf(results)) {
    const table = layOut(results, metric, request);
    await writeAtomic(join(tables, `${metric}.md`), renderMarkdown(table));
    await writeAtomic(join(tables, `${metric}.csv`), renderCsv(results, metric));
  }
}
