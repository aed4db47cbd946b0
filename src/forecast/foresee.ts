import { join } from 'node:path';
import { canonicalJson } from '../canonical-json.ts';
import type { PhaseStage, StageKind } from '../contract/stage.ts';
import type { DeviceAsk } from '../devices/ask.ts';
import { chooseDevices, thisMachine } from '../devices/choose.ts';
import type { Interruption } from '../execute/executors/executor.ts';
import { shareOf } from '../execute/share.ts';
import { readResults } from '../execute/trials.ts';
import { openImages } from '../images/images.ts';
import type { Plan } from '../plan/plan.ts';
import type { PlannedRun } from '../plan/run.ts';
import type { Cell } from '../spec/cell.ts';
import type { Configuration } from '../spec/configuration.ts';
import { openStore, storeFolder } from '../store/store.ts';
import { type Architecture, architectureOf } from '../target/target.ts';
import { loadTeacher } from '../target/teacher.ts';
import { knownTimes } from './calibrate.ts';
import { type Cost, costOf } from './cost.ts';
import { type Basis, type Estimate, estimateStage } from './estimate.ts';
import { type EarlierPlan, type ProspectOf, prospects } from './outlook.ts';
import type { StepTime } from './step-times.ts';
import { countWork, type KindCount, type SweepWork, type WorkGroup } from './work-of-sweep.ts';

/** What is to be foreseen. */
export interface ForecastOrder {
  name: string;
  /** The folder of all sweeps, absolute. */
  runs: string;
  plan: Plan;
  earlier: EarlierPlan | undefined;
  selected: (run: PlannedRun) => boolean;
  device: DeviceAsk;
  jobs: number | undefined;
  threads: number | undefined;
  /** Whether the steps of every kind of phase are measured, instead of one that the others are scaled from. */
  calibrate: boolean;
}

/** The stages of a kind, and the seconds that they take one after the other. */
export interface KindForecast extends KindCount {
  readonly kind: StageKind;
  readonly seconds: number;
}

export interface CellForecast extends Cost {
  readonly id: string;
  readonly values: Cell['values'];
  readonly runs: number;
  readonly complete: number;
  /** Of what is to be done for this cell and no cell before it. */
  readonly seconds: number;
}

/** What a sweep would do. */
export interface Forecast {
  readonly complete: number;
  /** Stages that are to be done. */
  readonly stages: number;
  readonly prospectOf: ProspectOf;
  readonly kinds: readonly KindForecast[];
  readonly cells: readonly CellForecast[];
  readonly engine: string;
  readonly jobs: number;
  readonly threads: number;
  /** All together, with as many processes as run at a time; undefined where no step time is known. */
  readonly seconds: number | undefined;
  readonly basis: Basis;
  /** How many kinds of steps were measured for this forecast. */
  readonly calibrated: number;
}

/** What would be done, and how long it would take. Executes nothing but a few steps to measure their time. */
export async function foresee(order: ForecastOrder, interruption: Interruption): Promise<Forecast> {
  const { plan, runs, name, selected, calibrate } = order;
  const none = () => {};
  const store = await openStore(storeFolder(runs), none);
  const results = await readResults(join(runs, name), plan, none);
  const prospectOf = await prospects(plan, store, order.earlier);
  const isWanted = (run: PlannedRun) => selected(run) && !results.has(run.run);
  const work = countWork(plan, plan.runs.filter(isWanted), prospectOf);
  const costs = await costsOf(plan);
  const chosen = await chooseDevices(order.device, none, thisMachine(interruption.stop));
  const share = shareOf(chosen, Math.max(1, work.stages), order);
  const place = { share, store, all: calibrate };
  const finished = finishedPhases(plan, prospectOf);
  const costAt = (configuration: Configuration) => costs.get(configuration)!;
  const { times, calibrated } = await knownTimes(work, finished, costAt, place, interruption);
  const time = timeIt(work, costAt, await testImages(plan), times);
  return {
    ...{ complete: results.size, stages: work.stages, prospectOf, calibrated },
    ...{ engine: share.engine, jobs: share.jobs, threads: share.threads },
    kinds: [...work.kinds].map(([kind, count]) => ({ kind, ...count, seconds: time.ofKind.get(kind) ?? 0 })),
    cells: cellsOf(plan, results).map(({ cell, placed, ...counts }) => ({
      ...{ id: cell.id, values: cell.values, ...counts, seconds: time.ofCell.get(cell) ?? 0 },
      ...costAt(placed),
    })),
    seconds: time.isKnown ? time.total / share.jobs : undefined,
    basis: time.basis,
  };
}

/** The cost of each cell, by its placed configuration; each target, and each teacher, is read once. */
async function costsOf({ runs }: Plan): Promise<Map<Configuration, Cost>> {
  const targets = new Map<string, Promise<Architecture>>();
  const teachers = new Map<string, ReturnType<typeof loadTeacher>>();
  const costs = new Map<Configuration, Cost>();
  for (const { inputs } of runs) {
    const { placed } = inputs;
    if (costs.has(placed)) continue;
    const { target: of, data } = placed;
    const name = canonicalJson({ of, data });
    const target = targets.get(name) ?? architectureOf(placed);
    targets.set(name, target);
    const guide = canonicalJson({ teacher: placed.teacher, name });
    const teacher = teachers.get(guide) ?? loadTeacher(placed);
    teachers.set(guide, teacher);
    costs.set(placed, costOf((await target).network, placed, (await teacher)?.network));
  }
  return costs;
}

/** How many test images each cell looks at, by its placed configuration. */
async function testImages({ runs }: Plan): Promise<Map<Configuration, number>> {
  const known = new Map<string, Promise<number>>();
  const counts = new Map<Configuration, number>();
  for (const { inputs } of runs) {
    const { hashes, placed } = inputs;
    if (hashes.test === undefined || counts.has(placed)) continue;
    const count = known.get(hashes.test) ?? openImages(placed, 'test').then(({ count }) => count);
    known.set(hashes.test, count);
    counts.set(placed, await count);
  }
  return counts;
}

function* finishedPhases({ stages }: Plan, prospectOf: ProspectOf): Generator<PhaseStage> {
  for (const stage of stages.values())
    if (stage.kind === 'phase' && prospectOf(stage).state === 'cached') yield stage;
}

/** Adds the estimates up. */
function timeIt(
  { groups }: SweepWork,
  costAt: (configuration: Configuration) => Cost,
  images: ReadonlyMap<Configuration, number>,
  times: readonly StepTime[],
) {
  const ofKind = new Map<StageKind, number>();
  const ofCell = new Map<Cell, number>();
  let [total, isKnown] = [0, true];
  let basis: Basis = 'measured';
  const add = (cell: Cell, { stage, count }: WorkGroup, estimate: Estimate) => {
    const seconds = count * estimate.seconds;
    total += seconds;
    ofKind.set(stage.kind, (ofKind.get(stage.kind) ?? 0) + seconds);
    ofCell.set(cell, (ofCell.get(cell) ?? 0) + seconds);
    if (stage.kind === 'phase' && estimate.basis === 'scaled') basis = 'scaled';
  };
  for (const [cell, ofOne] of groups) {
    for (const group of ofOne.values()) {
      const { configuration } = group.stage;
      const estimate = estimateStage(
        group.stage,
        costAt(configuration),
        images.get(configuration) ?? 0,
        times,
      );
      if (estimate === undefined) isKnown = false;
      else add(cell, group, estimate);
    }
  }
  return { ofKind, ofCell, total, isKnown, basis };
}

function cellsOf({ runs }: Plan, results: ReadonlyMap<string, unknown>) {
  const cells = new Map<Cell, { placed: Configuration; runs: number; complete: number }>();
  for (const { cell, inputs, run } of runs) {
    const counts = cells.get(cell) ?? { placed: inputs.placed, runs: 0, complete: 0 };
    cells.set(cell, counts);
    counts.runs++;
    if (results.has(run)) counts.complete++;
  }
  return [...cells].map(([cell, counts]) => ({ cell, ...counts }));
}
