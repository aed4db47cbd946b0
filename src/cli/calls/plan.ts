import { join, resolve } from 'node:path';
import { readDevice } from '../../devices/ask.ts';
import { Failure } from '../../failure.ts';
import { type Forecast, foresee } from '../../forecast/foresee.ts';
import { readEarlierPlan } from '../../forecast/outlook.ts';
import { changesOf } from '../../plan/explain.ts';
import type { Plan } from '../../plan/plan.ts';
import type { PlannedRun } from '../../plan/run.ts';
import { selectorOf } from '../../plan/select.ts';
import type { Options } from '../command.ts';
import { describeForecast, describeRun } from '../forecast.ts';
import { listenForInterrupts } from '../interrupt.ts';
import { print } from '../output.ts';
import { mayColour, widthOf } from '../screen.ts';
import { type PlannedSweep, planSpecs } from '../specs.ts';

/** Says what a run of the specs would do, why, and what it would cost. Executes nothing; returns the exit code. */
export async function plan(options: Options): Promise<number> {
  const planned = await planSpecs(options);
  if (!Array.isArray(planned)) return planned;
  const interruption = listenForInterrupts();
  try {
    for (const one of planned) await show(one, options, interruption);
  } finally {
    interruption.dispose();
  }
  return interruption.stop.aborted ? 130 : 0;
}

async function show(
  { sweep, plan }: PlannedSweep,
  options: Options,
  interruption: Parameters<typeof foresee>[1],
): Promise<void> {
  const runs = resolve(options.out);
  const earlier = await readEarlierPlan(join(runs, sweep.name));
  const order = {
    ...{ name: sweep.name, runs, plan, earlier },
    device: options.device ?? readDevice(sweep.device ?? 'auto')!,
    ...{ jobs: options.jobs, threads: options.threads, calibrate: options.calibrate },
    selected: selectorOf(options.only),
  };
  const forecast = await foresee(order, interruption);
  const screen = { width: widthOf(process.stdout), colour: mayColour(process.stdout) };
  if (options.explain !== undefined) {
    const run = named(plan.runs, options.explain);
    const before = earlier?.run(run);
    const changes = before === undefined ? new Map() : changesOf(plan, run, before);
    if (options.json) print(`${JSON.stringify(explained(run, plan, forecast, changes))}\n`);
    else print(describeRun(run, plan, forecast, changes));
    return;
  }
  if (options.json) print(`${JSON.stringify(asJson(sweep.name, forecast))}\n`);
  else print(describeForecast(sweep, plan, forecast, screen, options.verbose));
}

/** The one run that is meant: by its whole name, or by a part or glob that fits no other. */
function named(runs: readonly PlannedRun[], name: string): PlannedRun {
  const exact = runs.find(({ run }) => run === name);
  if (exact !== undefined) return exact;
  const fitting = runs.filter(selectorOf(name));
  if (fitting.length === 1) return fitting[0]!;
  const found =
    fitting.length === 0 ? 'none' : `${fitting.length}: ${fitting[0]!.run}, ${fitting[1]!.run}, ...`;
  throw new Failure(
    'spec',
    `Expected --explain to name one run, got \`${name}\`, which fits ${found}`,
    `A run is named like \`${runs[0]!.run}\`.`,
  );
}

function explained(
  run: PlannedRun,
  { stages }: Plan,
  { prospectOf }: Forecast,
  changes: ReadonlyMap<string, unknown>,
) {
  return {
    run: run.run,
    stages: run.stages.map(key => {
      const { kind, name } = stages.get(key)!;
      return { key, kind, name, ...prospectOf(stages.get(key)!), changes: changes.get(key) ?? [] };
    }),
  };
}

function asJson(sweep: string, { cells, kinds, engine, jobs, seconds, basis }: Forecast) {
  return { sweep, engine, jobs, seconds, basis, kinds, cells };
}
