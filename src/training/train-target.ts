import type { OriginalRecord } from '../contract/result.ts';
import type { BatchesOrder } from '../data/batch-maker.ts';
import { type BatchesState, startOfData } from '../data/batches.ts';
import { openFeed } from '../data/feed.ts';
import { Failure } from '../failure.ts';
import type { Engine } from '../graph/program.ts';
import type { Tensor } from '../graph/tensor.ts';
import { type OriginalStep, originalLossNames, originalStep } from '../nern/step/target-step.ts';
import type { Teacher } from '../nern/step/teacher.ts';
import { initialNetwork } from '../networks/initial.ts';
import type { Network } from '../networks/network.ts';
import { type SgdOptions, sgd } from '../optim/sgd.ts';
import { originalRate } from '../optim/target-schedule.ts';
import { createRandom } from '../random.ts';
import type { Recipe } from '../spec/configuration.ts';
import { isFiniteVector } from './finite.ts';
import { createGuide } from './guidance.ts';
import type { Position, Step } from './resumable.ts';

/** Where the training of an original network stands: from it a killed one goes on to the same bytes. */
export interface OriginalState extends Position {
  /** `parameters`, `statistics` and the optimizer's vectors (src/nern/step/target-step.ts). */
  readonly vectors: Readonly<Record<string, Float32Array>>;
  readonly batches: BatchesState;
}

type OriginalPoint = OriginalRecord['history'][number];

type OriginalLosses = Readonly<Record<(typeof originalLossNames)[number], number>>;

/** What is trained, and on what. */
export interface OriginalTask {
  readonly network: Network;
  readonly recipe: Recipe;
  readonly images: BatchesOrder;
  readonly iterations: number;
  readonly teacher: Teacher | undefined;
  readonly seed: number;
}

/** A fresh network; initialisation, order and augmentation draw from streams of their own. */
export function startOfOriginal({ network, recipe, seed }: OriginalTask): OriginalState {
  const { learned, statistics } = initialNetwork(network, recipe.init, createRandom(seed, 'target'));
  const state = sgd(recipe.optimizer).initialState(learned);
  return { iteration: 0, vectors: { parameters: learned, statistics, ...state }, batches: startOfData(seed) };
}

/**
 * Trains the network from `start` to the last iteration, yielding after each one, with the latest finite losses. Throws a
 * Failure of kind 'nan' when its weights, or the statistics of its norms, stop being numbers.
 */
export async function* trainOriginal(
  engine: Engine,
  task: OriginalTask,
  start: OriginalState,
): AsyncGenerator<Step<OriginalState, OriginalPoint>> {
  const { network, recipe, images, iterations, teacher } = task;
  const { batch, epochs, optimizer: settings, schedule } = recipe;
  const optimizer = sgd(settings);
  const step = await engine.compile(originalStep(definitionOf(task, settings)));
  const guide = teacher && createGuide(engine, teacher, batch);
  const feed = labelledFeed(network, images, start.batches);
  // Two sets of vectors take turns, so that steps allocate nothing; a network without norms has no statistics to feed.
  const kept = Object.entries(start.vectors).filter(([, data]) => data.length > 0);
  let current = Object.fromEntries(kept.map(([name, data]) => [name, vector(data)]));
  let next = Object.fromEntries(kept.map(([name, data]) => [name, vector(new Float32Array(data.length))]));
  let last: OriginalLosses | undefined;
  try {
    for (let i = start.iteration; i < iterations; i++) {
      const rate = originalRate(schedule, settings.lr, (i * epochs) / iterations, epochs);
      const scalars = Object.entries(optimizer.scalars(i, rate)).map(([name, value]) => [
        name,
        { shape: [], data: Float32Array.of(value) },
      ]);
      const shown = await feed.next();
      const answers = guide ? { answers: await guide(shown.images, i) } : {};
      const result = await step.run(
        { ...current, ...Object.fromEntries(scalars), ...shown, ...answers },
        next,
      );
      const losses = Object.fromEntries(
        originalLossNames.map(name => [name, result[name]!.data[0]!]),
      ) as OriginalLosses;
      // A loss that overflows alone is gone on from; weights and statistics that are no numbers never recover.
      const unfit = ['parameters', 'statistics'].find(name => !isFiniteVector(next[name]?.data ?? []));
      if (unfit !== undefined) throw notANumber(i + 1, unfit, losses, last);
      if (Number.isFinite(losses.loss)) last = losses;
      [current, next] = [next, current];
      const trained = Object.fromEntries(Object.entries(current).map(([name, { data }]) => [name, data]));
      const vectors = { ...start.vectors, ...trained };
      const told = last ?? losses;
      const state = { iteration: i + 1, vectors, batches: feed.state() };
      const point = { iteration: i + 1, ...told, learningRate: rate };
      yield { iteration: i + 1, loss: told.loss, point, state: () => state };
    }
  } finally {
    await feed.close();
    await step.dispose();
  }
}

function definitionOf({ network, recipe, teacher }: OriginalTask, settings: SgdOptions): OriginalStep {
  const { batch, labels, smoothness, distillation } = recipe;
  return {
    network,
    images: batch,
    optimizer: sgd(settings),
    labels,
    smoothness: smoothness.factor > 0 ? smoothness : undefined,
    guidance: teacher && distillation,
  };
}

const vector = (data: Float32Array): Tensor => ({ shape: [data.length], data });

/** Batches of images with their labels as rows: a one, or of images that were mixed the shares of both. */
function labelledFeed({ classes }: Network, order: BatchesOrder, from: BatchesState) {
  const { batch, input } = order;
  const feed = openFeed(order, from);
  const labels = { shape: [batch, classes], data: new Float32Array(batch * classes) };
  let state = from;
  return {
    state: () => state,
    async next() {
      const shown = await feed.next();
      state = shown.state;
      labels.data.fill(0);
      for (const [i, share] of shown.shares.entries()) {
        labels.data[i * classes + shown.labels[i]!]! += share;
        labels.data[i * classes + shown.labels[batch - 1 - i]!]! += 1 - share;
      }
      return { images: { shape: [batch, ...input], data: shown.pixels }, labels };
    },
    close: feed.close,
  };
}

function notANumber(
  iteration: number,
  unfit: string,
  { loss }: OriginalLosses,
  last: OriginalLosses | undefined,
): Failure {
  const what = Number.isFinite(loss)
    ? `Expected the ${unfit === 'parameters' ? 'weights' : 'statistics of the norms'} to be finite numbers after iteration ${iteration} of training the target, got others`
    : `Expected the loss to be a finite number, got \`${loss}\` at iteration ${iteration} of training the target`;
  return new Failure(
    'nan',
    what + (last ? `; the last finite loss was ${last.loss.toPrecision(4)}` : ''),
    'Try a smaller `target.train.optimizer.lr`, a `warmup`, or smaller factors of the other losses.',
    { iteration, lastFiniteLosses: last ?? null },
  );
}
