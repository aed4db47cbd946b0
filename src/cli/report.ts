import { relative } from 'node:path';
import type { SweepOutcome } from '../execute/sweep.ts';
import type { PlannedRun } from '../plan/run.ts';
import { layOut } from '../report/layout.ts';
import { collectResults, type Results } from '../report/results.ts';
import { renderTerminal } from '../report/terminal.ts';
import { metricsOf, writeReport } from '../report/write.ts';
import { usualMetric } from '../spec/report-rules.ts';
import type { Sweep } from '../spec/sweep.ts';
import type { Options } from './command.ts';
import { describeFailure } from './describe.ts';
import { print } from './output.ts';
import { mayColour, widthOf } from './screen.ts';
import type { PlannedSweep } from './specs.ts';
import { toolVersion } from './version.ts';

/** Writes results and tables, shows them, and lists the failures once more where they do not scroll away. */
export async function report(
  { sweep, plan }: PlannedSweep,
  { results, failures }: SweepOutcome,
  folder: string,
  { json, quiet }: Options,
): Promise<void> {
  const runs = runsByCell(plan.runs);
  const cells = sweep.cells.map(({ id, values }) => ({
    id,
    values,
    planned: sweep.seeds.length,
    results: runs.get(id)!.flatMap(({ run }) => results.get(run) ?? []),
    failed: runs.get(id)!.flatMap(({ run, seed }) => {
      const failure = failures.get(run);
      return failure === undefined ? [] : [{ seed, kind: failure.kind, message: failure.message }];
    }),
  }));
  const made = { version: toolVersion(), finishedAt: new Date().toISOString() };
  const collected = collectResults(sweep.name, cells, made);
  await writeReport(folder, collected, sweep.report ?? {});
  if (json) print(`${JSON.stringify(collected)}\n`);
  if (!json && !quiet) showTable(collected, sweep, folder);
  if (quiet) return;
  for (const [run, { kind, message }] of failures)
    process.stderr.write(`${describeFailure(run, { kind, message })}\n`);
}

function runsByCell(plan: readonly PlannedRun[]): Map<string, PlannedRun[]> {
  const runs = new Map<string, PlannedRun[]>();
  for (const run of plan) {
    const others = runs.get(run.cell.id);
    if (others === undefined) runs.set(run.cell.id, [run]);
    else others.push(run);
  }
  return runs;
}

function showTable(results: Results, sweep: Sweep, folder: string): void {
  const metrics = metricsOf(results);
  const metric = sweep.report?.metric ?? usualMetric(metrics);
  if (metric !== undefined && metrics.length > 0) {
    const table = layOut(results, metric, sweep.report);
    const screen = { width: widthOf(process.stdout), colour: mayColour(process.stdout) };
    print(`\n${renderTerminal(table, screen)}\n`);
  }
  const place = relative('', folder) || '.';
  const tables = metrics.length === 0 ? '' : `, tables: ${place}/tables`;
  print(`Results: ${place}/results.json${tables}\n`);
}
