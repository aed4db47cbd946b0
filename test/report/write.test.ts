import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeReport } from '../../src/report/write.ts';
import { newFolder } from '../support/files.ts';
import { paperGrid, sampleResults } from './sample.ts';

it('replaces the tables of an earlier call and leaves what another call is writing', async () => {
  const folder = newFolder();
  const tables = join(folder, 'tables');
  mkdirSync(tables);
  for (const name of ['accuracy.md', 'dropped.md', 'dropped.csv', '.accuracy.md.1234.tmp']) {
    writeFileSync(join(tables, name), 'earlier');
  }
  await writeReport(folder, sampleResults(paperGrid), {});
  const metrics = ['accuracy', 'reconstruction-error'];
  const expected = metrics.flatMap(metric => [`${metric}.csv`, `${metric}.md`]);
  expect(readdirSync(tables).sort()).toEqual(['.accuracy.md.1234.tmp', ...expected]);
});
