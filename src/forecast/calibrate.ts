import type { StageProvenance } from '../contract/result.ts';
import type { PhaseStage } from '../contract/stage.ts';
import type { Interruption } from '../execute/executors/executor.ts';
import { orderOf, type Share } from '../execute/share.ts';
import type { Store } from '../store/store.ts';
import type { Cost } from './cost.ts';
import { costOfStage } from './estimate.ts';
import {
  measureSteps,
  readStepTimes,
  rememberStepTimes,
  type StepKind,
  type StepTime,
  signatureOf,
} from './step-times.ts';
import type { SweepWork } from './work-of-sweep.ts';

/** A kind of steps that is to be done, how much work one is, and all of them are. */
interface Steps {
  readonly stage: PhaseStage;
  readonly kind: StepKind;
  readonly work: number;
  readonly all: number;
}

const kinds = ['plain', 'distilling'] as const;

/** What is known of an engine's step times, and how many of them were measured just now. */
export interface KnownTimes {
  readonly times: readonly StepTime[];
  readonly calibrated: number;
}

/**
 * The step times of the engine: those of finished phases, those kept from earlier calibrations, and what is measured
 * now: the kind of steps with the most work where nothing is known, all of them when asked.
 */
export async function knownTimes(
  work: SweepWork,
  finished: Iterable<PhaseStage>,
  costOf: (configuration: PhaseStage['configuration']) => Cost,
  { share, store, all }: { share: Share; store: Store; all: boolean },
  interruption: Interruption,
): Promise<KnownTimes> {
  const isSame = (time: StepTime) => time.engine === share.engine && time.threads === share.threads;
  const kept = [...(await timesOfFinished(finished, costOf, store)), ...(await readStepTimes())].filter(
    isSame,
  );
  const unknown = stepsOf(work, costOf)
    .filter(
      ({ stage, kind }) => !kept.some(time => time.kind === kind && time.signature === signatureOf(stage)),
    )
    .sort((a, b) => b.all - a.all);
  const fresh: StepTime[] = [];
  for (const { stage, kind, work } of all ? unknown : kept.length > 0 ? [] : unknown.slice(0, 1)) {
    if (interruption.stop.aborted) break;
    const milliseconds = await measureSteps(stage, kind, orderOf(share, 0), interruption);
    const about = { engine: share.engine, threads: share.threads, signature: signatureOf(stage) };
    if (milliseconds !== undefined) fresh.push({ ...about, kind, work, milliseconds });
  }
  if (fresh.length > 0) await rememberStepTimes(fresh);
  return { times: [...fresh, ...kept], calibrated: fresh.length };
}

/** The kinds of steps that are to be done, each once. */
function stepsOf(
  { groups }: SweepWork,
  costOf: (configuration: PhaseStage['configuration']) => Cost,
): Steps[] {
  const found = new Map<string, Steps>();
  for (const ofCell of groups.values()) {
    for (const { stage, count } of ofCell.values()) {
      if (stage.kind !== 'phase') continue;
      const cost = costOfStage(stage, costOf(stage.configuration));
      for (const kind of kinds) {
        const { steps, work } = cost[kind];
        const name = `${kind} ${signatureOf(stage)}`;
        const all = (found.get(name)?.all ?? 0) + count * steps * work;
        if (steps > 0) found.set(name, { stage, kind, work, all });
      }
    }
  }
  return [...found.values()];
}

/** What finished phases took, one of each kind of steps; a phase of both kinds tells of neither. */
async function timesOfFinished(
  finished: Iterable<PhaseStage>,
  costOf: (configuration: PhaseStage['configuration']) => Cost,
  store: Store,
): Promise<StepTime[]> {
  const times = new Map<string, StepTime>();
  for (const stage of finished) {
    const signature = signatureOf(stage);
    const cost = costOfStage(stage, costOf(stage.configuration));
    const [kind, ...others] = kinds.filter(kind => cost[kind].steps > 0);
    const name = `${kind} ${signature}`;
    if (kind === undefined || others.length > 0 || times.has(name)) continue;
    const object = await store.read(stage.key);
    if (object === undefined) continue;
    const { engine, threads, stepMilliseconds } = object.provenance as StageProvenance;
    const { work } = cost[kind];
    times.set(name, { engine, threads, signature, kind, work, milliseconds: stepMilliseconds });
  }
  return [...times.values()];
}
