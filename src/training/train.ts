import { distils } from '../contract/needs.ts';
import type { BatchesOrder } from '../data/batch-maker.ts';
import { type BatchesState, startOfData } from '../data/batches.ts';
import { Failure } from '../failure.ts';
import type { Engine } from '../graph/program.ts';
import type { Tensor } from '../graph/tensor.ts';
import { createSampler, sampledLayers } from '../nern/sampling/sampler.ts';
import { type Distillation, takesGuidance } from '../nern/step/distil.ts';
import type { Teacher } from '../nern/step/teacher.ts';
import { lossNames, type StepDefinition } from '../nern/step/training-step.ts';
import type { Optimizer } from '../optim/optimizer.ts';
import { createOptimizer } from '../optim/optimizers.ts';
import { learningRate } from '../optim/schedule.ts';
import { createRandom, restoreRandom } from '../random.ts';
import type { Configuration } from '../spec/configuration.ts';
import type { Representation } from '../target/represent.ts';
import type { Target } from '../target/target.ts';
import { openBatches } from './batch-feed.ts';
import { isFiniteVector } from './finite.ts';
import { createGuide, type Guide } from './guidance.ts';
import { createSteps } from './steps.ts';

/** So many steps in a row may be skipped: more are no accident of the noise. */
const mostSkipped = 100;

/** All that training is at the start of an iteration. */
export interface TrainingState {
  /** Iterations done. */
  readonly iteration: number;
  readonly parameters: Float32Array;
  /** The optimizer's vectors. */
  readonly optimizer: Readonly<Record<string, Float32Array>>;
  /** The generator that draws kernels. */
  readonly sampler: readonly number[];
  /** Where the stream of images stands; absent when training uses none. */
  readonly batches: BatchesState | undefined;
  /** Steps that changed nothing, because their loss was no number. */
  readonly skipped: number;
}

/** What training tells after each iteration. */
export interface Iteration {
  /** Iterations done. */
  readonly iteration: number;
  /** Where the last one's overflowed, the latest finite ones. */
  readonly losses: Readonly<Record<(typeof lossNames)[number], number>>;
  readonly learningRate: number;
  /** Images that went through the networks together. */
  readonly imagesAtOnce: number;
  /** Steps so far that changed nothing, because their loss was no number. */
  readonly skipped: number;
  /** Everything needed to go on from here; its vectors hold until the iteration after next. */
  state(): TrainingState;
}

/** What training works with. */
export interface Workpiece {
  readonly engine: Engine;
  readonly target: Target;
  readonly guidance: Guidance;
  readonly representation: Representation;
  readonly configuration: Configuration;
  /** What distillation is shown; absent when training uses no images. */
  readonly images: BatchesOrder | undefined;
  /** Zeros where parameters stay zero, ones elsewhere; absent: all may change. */
  readonly mask?: Float32Array | undefined;
}

/** What distillation learns from, if not from the target. */
export interface Guidance {
  readonly teacher: Teacher | undefined;
  /** What is known of its logits, or the target's; absent: they are computed. */
  readonly given: Guide | undefined;
}

/** What a fresh run starts from, with the predictor's first `parameters`. */
export function startOfTraining(
  configuration: Configuration,
  parameters: Float32Array,
  seed: number,
): TrainingState {
  return {
    iteration: 0,
    parameters,
    optimizer: createOptimizer(configuration.optimizer).initialState(parameters),
    sampler: createRandom(seed, 'sampler').state(),
    batches: distils(configuration) ? startOfData(seed) : undefined,
    skipped: 0,
  };
}

/**
 * Trains the predictor from `start` to the last iteration, yielding after each one. Throws a Failure of kind 'nan'
 * with the iteration and the last finite losses when the weights stop being numbers; on noise a step whose loss is none is
 * skipped.
 */
export async function* train(
  workpiece: Workpiece,
  start: TrainingState,
  imagesAtOnce = workpiece.engine.imagesAtOnce,
): AsyncGenerator<Iteration> {
  const { engine, target, guidance, representation, configuration, images, mask } = workpiece;
  const optimizer = createOptimizer(configuration.optimizer);
  const random = restoreRandom(start.sampler);
  const sampler = createSampler(configuration.sampler, representation.norms, kernelsOf(representation));
  const guide = takesGuidance(configuration)
    ? (guidance.given ?? createGuide(engine, guidance.teacher ?? target, configuration.batch))
    : undefined;
  const feed = start.batches && images ? openBatches(images, start.batches) : undefined;
  const shown = async (step: number): Promise<Record<string, Tensor>> => {
    const batch = await feed!.next();
    return { images: batch, ...(guide && { guidance: await guide(batch, step) }) };
  };
  const steps = createSteps(
    engine,
    { images: configuration.batch, imagesAtOnce, alpha: configuration.alpha, beta: configuration.beta },
    (sample, distillation) => stepDefinition(workpiece, optimizer, sample, distillation),
  );
  // Two sets of vectors take turns: a step reads one and writes the other, so that steps allocate nothing.
  let current = vectors({ parameters: start.parameters, ...start.optimizer });
  let next = vectors(mapValues(current, ({ data }) => new Float32Array(data.length)));
  let last: Iteration['losses'] | undefined;
  let [skipped, inARow] = [start.skipped, 0];
  try {
    for (let i = start.iteration; i < configuration.iterations; i++) {
      const rate = learningRate(
        configuration.schedule,
        configuration.optimizer.lr,
        i,
        configuration.iterations,
      );
      const distilling = feed !== undefined && i >= configuration.warmup;
      const sample = sampler(random, i);
      const feeds = {
        ...current,
        ...scalars(optimizer.scalars(i - skipped, rate)),
        sample: integers(sample),
        ...(mask && { mask: { shape: [mask.length], data: mask } }),
        ...(distilling ? await shown(i - configuration.warmup) : {}),
      };
      const result = await steps.run(sample.length, distilling, feeds, next);
      const losses = Object.fromEntries(
        lossNames.map(name => [name, result[name]!.data[0]!]),
      ) as Iteration['losses'];
      const isNumber = Number.isFinite(losses.loss);
      if (isNumber || images?.source.kind !== 'noise') {
        // A loss that overflows alone is told of and gone on from; weights that are no numbers never recover.
        if (!isFiniteVector(next.parameters!.data)) throw notANumber(i + 1, losses, last);
        if (isNumber) last = losses;
        inARow = 0;
        [current, next] = [next, current];
      } else {
        // Noise has images on which a network's maps vanish or overflow; real images have not (NeRN, section 4.4).
        if (++inARow > mostSkipped) throw notANumber(i + 1, losses, last);
        skipped++;
        // A training that learned nothing is none.
        if (skipped === configuration.iterations) throw notANumber(i + 1, losses, last);
      }
      const soFar = skipped;
      const { parameters, ...state } = mapValues(current, ({ data }) => data);
      yield {
        iteration: i + 1,
        losses: last ?? losses,
        learningRate: rate,
        imagesAtOnce: steps.imagesAtOnce(),
        skipped,
        state: () => ({
          iteration: i + 1,
          parameters: parameters!,
          optimizer: state,
          sampler: random.state(),
          batches: feed?.state(),
          skipped: soFar,
        }),
      };
    }
  } finally {
    await feed?.close();
  }
}

/** The number of kernels in each layer. */
const kernelsOf = ({ kernels }: Representation) => kernels.layers.map(layer => layer.kernels);

function stepDefinition(
  { target, guidance, representation, configuration, mask }: Workpiece,
  optimizer: Optimizer,
  sample: number,
  distillation: Distillation | undefined,
): StepDefinition {
  const { sampler, losses, clip } = configuration;
  const isAll = sampler.method === 'all';
  return {
    ...representation,
    target,
    teacher: guidance.teacher,
    masked: mask !== undefined,
    losses,
    optimizer,
    clipping: clip,
    sample: isAll ? undefined : sample,
    sampledLayers: sampledLayers(sampler, kernelsOf(representation), sample),
    root: isAll ? 'exact' : sampler.root,
    distillation,
  };
}

function notANumber(
  iteration: number,
  losses: Iteration['losses'],
  last: Iteration['losses'] | undefined,
): Failure {
  const what = Number.isFinite(losses.loss)
    ? `Expected the weights to be finite numbers after iteration ${iteration}, got others`
    : `Expected the loss to be a finite number, got \`${losses.loss}\` at iteration ${iteration}`;
  return new Failure(
    'nan',
    what + (last ? `; the last finite losses were ${describe(last)}` : ''),
    'Try a smaller `optimizer.lr`, smaller `alpha` and `beta`, or a `warmup`: a deep network of fresh kernels overflows.',
    { iteration, lastFiniteLosses: last ?? null },
  );
}

const describe = (losses: Iteration['losses']) =>
  lossNames.map(name => `${name} ${losses[name].toPrecision(4)}`).join(', ');

const vectors = (named: Readonly<Record<string, Float32Array>>): Record<string, Tensor> =>
  mapValues(named, data => ({ shape: [data.length], data }));

const scalars = (named: Readonly<Record<string, number>>): Record<string, Tensor> =>
  mapValues(named, x => ({ shape: [], data: Float32Array.of(x) }));

function mapValues<A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

const integers = (indices: Uint32Array) => ({ shape: [indices.length], data: Int32Array.from(indices) });
