import { openEngine } from '../engine/open.ts';
import type { EngineOrder } from '../engine/order.ts';
import { Failure } from '../failure.ts';
import type { Engine } from '../graph/program.ts';
import type { Finding, Verdict } from './finding.ts';
import { selfTestError, toleranceOf } from './self-test.ts';
import { type SyntheticTraining, syntheticTrainer } from './synthetic.ts';

/**
 * How much is wanted to be known: `trust`, whether its numbers are right; `choose`, also how fast it is, but nothing of
 * a software device, which is not chosen anyway; or `everything`.
 */
export type Thoroughness = 'trust' | 'choose' | 'everything';

/** What is known so far, without the parts that whoever asked knows. */
export type Progress = Partial<Omit<Finding, 'engine' | 'index'>>;

/** The usual work: ResNet20, hidden size 160, 4,096 of its kernels, few images so that a slow engine ends. */
const timedTraining: Omit<SyntheticTraining, 'imagesAtOnce'> = {
  depth: 20,
  hidden: 160,
  levels: 40,
  sample: 4096,
  images: 32,
  alpha: 1e-4,
  beta: 1e-4,
  learningRate: 5e-3,
};

/** Steps that are timed: few, and fewer when they take long. */
const [leastSteps, mostSteps, timingBudget] = [1, 15, 2_000];

/**
 * Opens an engine, tests it and times it, and tells each thing as soon as it is known: a crash later takes nothing
 * back. The last thing told is the verdict.
 */
export async function inspect(
  order: EngineOrder,
  thoroughness: Thoroughness,
  tell: (progress: Progress) => void,
): Promise<void> {
  let verdict: Verdict = 'absent';
  try {
    const engine = await openEngine(order);
    verdict = 'broken';
    const { device, versions, threads, imagesAtOnce } = engine;
    tell({ device, versions, threads, imagesAtOnce });
    if (device.kind === 'software' && thoroughness === 'choose') return tell({ verdict: 'software' });
    const error = await selfTestError(engine);
    const tolerance = toleranceOf(engine);
    tell({ selfTestError: error, tolerance });
    if (error > tolerance) return tell({ verdict: 'wrong', reason: wrongNumbers(error, tolerance) });
    // Told before it is timed: one that is too slow to be timed has passed all the same.
    tell({ verdict: 'passed' });
    if (thoroughness !== 'trust') tell({ stepMilliseconds: await medianStep(engine) });
    await engine.dispose();
  } catch (error) {
    const { kind, message, hint } = asFailure(error);
    const found = verdict === 'absent' && kind !== 'environment' ? 'broken' : verdict;
    tell({ verdict: found, reason: message, ...(hint === undefined ? {} : { hint }) });
  }
}

const wrongNumbers = (error: number, tolerance: number) =>
  `Expected the self-test's numbers within ${tolerance.toExponential()}, got them off by \`${error.toPrecision(2)}\``;

function asFailure(error: unknown): Failure {
  return error instanceof Failure
    ? error
    : new Failure('engine', error instanceof Error ? error.message : String(error));
}

async function medianStep(engine: Engine): Promise<number> {
  const { imagesAtOnce } = engine;
  const trainer = syntheticTrainer(engine, { ...timedTraining, imagesAtOnce });
  // The first allocates and compiles, the second still grows what the first began.
  for (let i = 0; i < 2; i++) await trainer.step(true);
  const times: number[] = [];
  const enough = () => times.length >= leastSteps && times.reduce((a, b) => a + b) > timingBudget;
  while (times.length < mostSteps && !enough()) {
    const began = performance.now();
    await trainer.step(true);
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b)[times.length >> 1]!;
}
