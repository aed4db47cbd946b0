import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashOf } from '../canonical-json.ts';
import type { StageProvenance } from '../contract/result.ts';
import type { PhaseStage, Stage } from '../contract/stage.ts';
import type { EngineOrder } from '../engine/order.ts';
import type { Interruption } from '../execute/executors/executor.ts';
import { executors } from '../execute/executors/named.ts';
import { writeJsonAtomic } from '../files/atomic.ts';
import { cacheFolder } from '../files/cache-folder.ts';
import { objectFolder, readObject } from '../files/object.ts';
import { inTemporaryFolder } from '../files/temporary.ts';

/** The two kinds of steps. */
export type StepKind = 'plain' | 'distilling';

/** A step time that was measured. */
export interface StepTime {
  readonly engine: string;
  readonly threads: number;
  /** What the step is made of (`signatureOf`), its kind, and its multiply-adds. */
  readonly signature: string;
  readonly kind: StepKind;
  readonly work: number;
  readonly milliseconds: number;
}

/** Steps of a calibration: the first is compiled and does not count. */
const calibrationSteps = 6;

/** All seeds of a phase share its training, and whether they are given logits. */
const signatures = new WeakMap<PhaseStage['training'], string>();

/** Steps with the same signature do the same work in the same way. */
export function signatureOf({ training, inputs }: PhaseStage): string {
  const known = signatures.get(training);
  if (known !== undefined) return known;
  const { target, predictor, sampler, losses, optimizer, clip, alpha, beta, batch } = training;
  const { network, shortcut, dataset } = target;
  const { init: _, ...form } = predictor;
  const signature = hashOf({
    ...{ network, shortcut, dataset, form, sampler, losses, clip, batch },
    optimizer: optimizer.method,
    teacher: training.teacher === 'none' ? undefined : training.teacher.network,
    isGiven: inputs.guidance !== undefined,
    kd: alpha > 0,
    fmd: beta > 0,
  }).slice(0, 16);
  signatures.set(training, signature);
  return signature;
}

const file = () => join(cacheFolder(), 'step-times.json');

/** What was measured before on this machine. */
export async function readStepTimes(): Promise<StepTime[]> {
  try {
    const { times } = JSON.parse(await readFile(file(), 'utf8')) as { times: StepTime[] };
    return times;
  } catch {
    return [];
  }
}

/** Keeps what was measured, in place of older times of the same steps. */
export async function rememberStepTimes(fresh: readonly StepTime[]): Promise<void> {
  const nameOf = ({ engine, threads, signature, kind }: StepTime) =>
    [engine, threads, signature, kind].join(' ');
  const all = new Map([...(await readStepTimes()), ...fresh].map(time => [nameOf(time), time]));
  // What cannot be remembered is measured again.
  await writeJsonAtomic(file(), { times: [...all.values()] }).catch(() => {});
}

/**
 * Measures a few real steps of a phase, of each kind that it has, in a worker process of their own. Undefined when they
 * fail or are interrupted.
 */
export async function measureSteps(
  stage: PhaseStage,
  kind: StepKind,
  engine: EngineOrder,
  interruption: Interruption,
): Promise<number | undefined> {
  const key = randomBytes(32).toString('hex');
  const training = {
    ...stage.training,
    iterations: calibrationSteps,
    warmup: kind === 'plain' ? calibrationSteps : 0,
  };
  const guidance = stage.inputs.guidance === undefined ? undefined : randomBytes(32).toString('hex');
  const common = { ...stage, unless: undefined, training };
  const stages: Stage[] = [{ ...common, key, inputs: { guidance }, track: [] }];
  if (guidance !== undefined) stages.unshift({ ...common, kind: 'guidance', key: guidance, inputs: {} });
  return inTemporaryFolder(async store => {
    const job = { stages, store, engine, mayMixEngines: false };
    await executors.local(job, () => {}, interruption);
    const read = await readObject(objectFolder(store, key), key);
    return read.state === 'complete'
      ? (read.object.provenance as StageProvenance).stepMilliseconds
      : undefined;
  });
}
