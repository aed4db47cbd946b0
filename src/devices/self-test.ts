import type { Engine } from '../graph/program.ts';
import { createRandom } from '../random.ts';
import { expected, type SelfTestValues } from './self-test-expected.ts';
import { type Losses, type SyntheticTraining, syntheticTrainer } from './synthetic.ts';

/**
 * Small enough for plain JavaScript, with the channels of a real ResNet; weights of the losses by which an error in
 * either distillation shows in the parameters.
 */
export const selfTestTraining: SyntheticTraining = {
  depth: 8,
  hidden: 24,
  levels: 8,
  sample: 256,
  images: 4,
  imagesAtOnce: 2,
  alpha: 0.3,
  beta: 0.05,
  learningRate: 3e-2,
};

/** Whether each step distils: enough steps for the optimizer to use its second moments, the costly ones last. */
const steps = [false, false, false, false, false, false, true, true];

/**
 * How far each engine's rounding may take it from the known values; a GPU adds up in other orders and has its own
 * roots and exponentials.
 */
export const toleranceOf = ({ device }: Engine) => (device.kind === 'cpu' ? 1e-4 : 1e-3);

/** Trains a few steps whose outcome is known; returns the largest relative error of any loss and of the parameters. */
export async function selfTestError(engine: Engine): Promise<number> {
  return largestError(await selfTestValues(engine), expected);
}

/** What this engine computes in the self-test. */
export async function selfTestValues(engine: Engine): Promise<SelfTestValues> {
  const trainer = syntheticTrainer(engine, selfTestTraining);
  const start = trainer.parameters().slice();
  const losses: Losses[] = [];
  for (const distilling of steps) losses.push(await trainer.step(distilling));
  const change = trainer.parameters().map((value, i) => value - start[i]!);
  return { losses, change: projections(change) };
}

/** Relative to each loss, and for the change to its length; infinite where something is not a number. */
function largestError(got: SelfTestValues, known: SelfTestValues): number {
  const ofLosses = known.losses.flatMap((losses, i) =>
    Object.entries(losses).map(([name, value]) => {
      const difference = Math.abs(got.losses[i]![name as keyof Losses] - value);
      return value === 0 ? difference : difference / Math.abs(value);
    }),
  );
  const length = Math.sqrt(known.change.reduce((sum, x) => sum + x * x, 0) / known.change.length);
  const ofChange = known.change.map((value, i) => Math.abs(got.change[i]! - value) / length);
  const errors = [...ofLosses, ...ofChange];
  return errors.every(Number.isFinite) ? Math.max(...errors) : Number.POSITIVE_INFINITY;
}

/** So many random directions, each as long as the vector of parameters: signs, one row after the other. */
export function directions(length: number): Float32Array {
  const random = createRandom(0, 'directions');
  return Float32Array.from({ length: directionCount * length }, () => (random.uint32() < 2 ** 31 ? 1 : -1));
}

export const directionCount = 16;

/** The mean of the squares of these is about the square of the vector's length. */
function projections(vector: Float32Array): number[] {
  const signs = directions(vector.length);
  return Array.from({ length: directionCount }, (_, row) =>
    vector.reduce((sum, value, i) => sum + value * signs[row * vector.length + i]!, 0),
  );
}
