import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { writeReport } from '../../src/report/write.ts';
import { paperGrid, sampleResults } from './sample.ts';

it('replaces the tables of an earlier call and leaves what another call is writing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nern-report-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
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
