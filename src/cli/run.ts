import { relative, resolve } from 'node:path';
import { Failure } from '../failure.ts';
import type { PlannedRun } from '../plan/plan.ts';
import type { Results } from '../report/results.ts';
import { openEventLog } from '../run/event-log.ts';
import type { Interruption } from '../run/local.ts';
import { prepareFolder } from '../run/store.ts';
import { runSweep, type SweepOutcome } from '../run/sweep.ts';
import type { Sweep } from '../spec/sweep.ts';
import { describe } from './describe.ts';
import type { Detail, Display } from './display.ts';
import { listenForInterrupts } from './interrupt.ts';
import type { Options } from './options.ts';
import { mayColour, widthOf } from './screen.ts';
import { type PlannedSweep, planSpecs } from './specs.ts';
import { toolVersion } from './version.ts';

/** Runs every spec in turn and returns the exit code. */
export async function run(options: Options): Promise<number> {
  const planned = await planSpecs(options);
  if (!Array.isArray(planned)) return planned;
  const selected = selectionOf(options.only, planned);

  const interruption = listenForInterrupts();
  const codes: number[] = [];
  try {
    for (const one of planned) {
      codes.push(await runOne(one, selected, options, interruption));
      if (interruption.stop.aborted) return 130;
    }
  } finally {
    interruption.dispose();
  }
  return Math.max(...codes);
}

/** The runs that --only names. Throws a Failure of kind 'spec' when there are none. */
function selectionOf(
  pattern: string | undefined,
  planned: readonly PlannedSweep[],
): (run: PlannedRun) => boolean {
  if (pattern === undefined) return () => true;
  const literal = (text: string) => text.replace(/[\\^$.|+()[\]{}]/g, '\\$&');
  const glob = new RegExp(`^${literal(pattern).replaceAll('*', '.*').replaceAll('?', '.')}$`);
  const selected = ({ run }: PlannedRun) => (/[*?]/.test(pattern) ? glob.test(run) : run.includes(pattern));
  const runs = planned.flatMap(({ plan }) => plan);
  if (runs.some(selected)) return selected;
  throw new Failure(
    'spec',
    `Expected --only to match a run, got \`${pattern}\``,
    `The first run is ${runs[0]!.run}; all are in plan.jsonl.`,
  );
}

async function runOne(
  { sweep, plan }: PlannedSweep,
  selected: (run: PlannedRun) => boolean,
  options: Options,
  interruption: Interruption,
): Promise<number> {
  const folder = resolve(options.out, sweep.name);
  await prepareFolder(folder, sweep.text, plan);
  const log = openEventLog(folder);
  const display = await openDisplay(options);
  const emit: typeof display.show = event => {
    log.record(event);
    display.show(event);
  };
  const { jobs, threads } = options;
  const order = { name: sweep.name, folder, specFolder: sweep.folder, plan, selected, jobs, threads };
  const { stop, kill } = interruption;
  const tell = (reason: string) => () => emit({ type: 'sweep-stopping', reason });
  const tellStop = tell('interrupted; finished runs are kept, a second Ctrl-C ends all runs at once');
  const tellKill = tell('ending all runs at once');
  stop.addEventListener('abort', tellStop);
  kill.addEventListener('abort', tellKill);
  let outcome: SweepOutcome;
  try {
    outcome = await runSweep(order, emit, interruption);
  } finally {
    stop.removeEventListener('abort', tellStop);
    kill.removeEventListener('abort', tellKill);
    display.close();
    log.close();
  }
  await report(sweep, plan, outcome, folder, options);
  return plan.filter(selected).every(({ run }) => outcome.results.has(run)) ? 0 : 1;
}

async function openDisplay({ quiet, verbose }: Options): Promise<Display> {
  const detail: Detail = quiet ? 'quiet' : verbose ? 'verbose' : 'normal';
  if (process.stderr.isTTY && !quiet) return (await import('./bars.ts')).barDisplay(process.stderr, detail);
  const { lineDisplay } = await import('./display.ts');
  return lineDisplay(text => process.stderr.write(text), detail);
}

/** Writes results and tables, shows them, and lists the failures once more where they are not scrolled away. */
async function report(
  sweep: Sweep,
  plan: readonly PlannedRun[],
  { results, failures }: SweepOutcome,
  folder: string,
  options: Options,
): Promise<void> {
  const { collectResults } = await import('../report/results.ts');
  const { writeReport } = await import('../report/write.ts');
  const cells = sweep.cells.map(({ id, values }) => {
    const runs = plan.filter(({ cell }) => cell.id === id);
    const failed = runs.flatMap(({ run, seed }) => {
      const failure = failures.get(run);
      return failure === undefined ? [] : [{ seed, kind: failure.kind, message: failure.message }];
    });
    return {
      id,
      values,
      planned: runs.length,
      results: runs.flatMap(({ run }) => results.get(run) ?? []),
      failed,
    };
  });
  const made = { version: toolVersion(), finishedAt: new Date().toISOString() };
  const collected = collectResults(sweep.name, cells, made);
  await writeReport(folder, collected, sweep.report ?? {});
  if (options.json) process.stdout.write(`${JSON.stringify(collected)}\n`);
  else if (!options.quiet) await showTable(collected, sweep, folder);
  if (options.quiet) return;
  for (const [run, { kind, message }] of failures)
    process.stderr.write(`${describe({ type: 'run-failed', run, kind, message })}\n`);
}

async function showTable(results: Results, sweep: Sweep, folder: string): Promise<void> {
  const { layOut } = await import('../report/layout.ts');
  const { renderTerminal } = await import('../report/terminal.ts');
  const { metricsOf } = await import('../report/write.ts');
  const metrics = metricsOf(results);
  const metric = metrics.find(name => name === sweep.report?.metric) ?? metrics[0];
  if (metric !== undefined) {
    const table = layOut(results, metric, sweep.report);
    const screen = { width: widthOf(process.stdout), colour: mayColour(process.stdout) };
    process.stdout.write(`\n${renderTerminal(table, screen)}\n`);
  }
  const place = relative('', folder) || '.';
  process.stdout.write(`Results: ${place}/results.json, tables: ${place}/tables\n`);
}
