import { resolve } from 'node:path';
import { readDevice } from '../../devices/ask.ts';
import { openEventLog } from '../../execute/event-log.ts';
import type { Emit, SweepEvent } from '../../execute/events.ts';
import type { Interruption } from '../../execute/executors/executor.ts';
import { executors } from '../../execute/executors/named.ts';
import { runSweep, type SweepOutcome } from '../../execute/sweep.ts';
import { prepareFolder } from '../../execute/trials.ts';
import { Failure } from '../../failure.ts';
import type { PlannedRun } from '../../plan/run.ts';
import { selectorOf } from '../../plan/select.ts';
import type { Options } from '../command.ts';
import { type Detail, type Display, lineDisplay } from '../display.ts';
import { listenForInterrupts } from '../interrupt.ts';
import { report } from '../report.ts';
import { mayRedraw } from '../screen.ts';
import { type PlannedSweep, planSpecs } from '../specs.ts';
import { toolVersion } from '../version.ts';

/** Runs every spec in turn and returns the exit code. */
export async function run(options: Options): Promise<number> {
  const planned = await planSpecs(options);
  if (!Array.isArray(planned)) return planned;
  const selected = selectorOf(options.only);
  const runs = planned.flatMap(({ plan }) => plan.runs);
  if (!runs.some(selected)) {
    const message = `Expected --only to match a run, got \`${options.only}\``;
    throw new Failure('spec', message, `The first run is ${runs[0]!.run}.`);
  }
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

async function runOne(
  planned: PlannedSweep,
  selected: (run: PlannedRun) => boolean,
  options: Options,
  interruption: Interruption,
): Promise<number> {
  const { sweep, plan } = planned;
  const folder = resolve(options.out, sweep.name);
  await prepareFolder(folder, sweep, plan, toolVersion());
  const log = openEventLog(folder);
  const display = await openDisplay(options);
  const emit: Emit<SweepEvent> = event => {
    log.record(event);
    display.show(event);
  };
  const silence = announce(interruption, emit);
  const { jobs, threads } = options;
  const device = options.device ?? readDevice(sweep.device ?? 'auto')!;
  const runs = resolve(options.out);
  const order = {
    ...{ name: sweep.name, runs, plan, selected },
    ...{ executor: executors.local, device, jobs, threads },
  };
  const outcome = await runSweep(order, emit, interruption).finally(() => {
    silence();
    display.close();
    log.close();
  });
  await report(planned, outcome, folder, options);
  return codeOf(outcome, plan.runs.filter(selected));
}

/** 3 where nothing else than the machine kept runs from being complete. */
function codeOf({ results, failures }: SweepOutcome, runs: readonly PlannedRun[]): number {
  if (runs.every(({ run }) => results.has(run))) return 0;
  const kinds = [...failures.values()].map(({ kind }) => kind);
  return kinds.length > 0 && kinds.every(kind => kind === 'environment') ? 3 : 1;
}

async function openDisplay({ quiet, verbose }: Options): Promise<Display> {
  const detail: Detail = quiet ? 'quiet' : verbose ? 'verbose' : 'normal';
  if (mayRedraw(process.stderr) && !quiet)
    return (await import('../bars.ts')).barDisplay(process.stderr, detail);
  return lineDisplay(text => process.stderr.write(text), detail);
}

/** Tells when the sweep is interrupted, until the returned function is called. */
function announce({ stop, kill }: Interruption, emit: Emit<SweepEvent>): () => void {
  const tell = (reason: string) => () => emit({ type: 'sweep-stopping', reason });
  const onStop = tell('interrupted; finished runs are kept, a second Ctrl-C ends all runs at once');
  const onKill = tell('ending all runs at once');
  stop.addEventListener('abort', onStop);
  kill.addEventListener('abort', onKill);
  return () => {
    stop.removeEventListener('abort', onStop);
    kill.removeEventListener('abort', onKill);
  };
}
