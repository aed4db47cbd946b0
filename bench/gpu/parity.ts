import { syntheticTrainer } from '../../src/devices/synthetic.ts';
import type { Engine } from '../../src/graph/program.ts';

const steps = 10;

/** Weights of the losses by which an error in either distillation shows in the parameters. */
const training = {
  depth: 20,
  hidden: 160,
  levels: 40,
  sample: 4096,
  images: 32,
  alpha: 0.3,
  beta: 0.05,
  learningRate: 5e-3,
};

/**
 * How far ten full steps on one engine lead from ten on another: the largest relative difference of any loss, and that of
 * the parameters' change, as vectors.
 */
export async function parity(engine: Engine, reference: Engine) {
  const [got, known] = [await train(engine), await train(reference)];
  const losses = known.losses.flatMap((all, step) =>
    Object.entries(all).map(([name, value]) => {
      const other = got.losses[step]![name as keyof typeof all];
      return value === other ? 0 : Math.abs(other - value) / Math.abs(value);
    }),
  );
  return {
    measured: {
      steps,
      losses: losses.includes(Number.NaN) ? Number.NaN : Math.max(...losses),
      parameters: distance(got.parameters, known.parameters) / distance(known.start, known.parameters),
    },
  };
}

async function train(engine: Engine) {
  const trainer = syntheticTrainer(engine, {
    ...training,
    imagesAtOnce: Math.min(training.images, engine.imagesAtOnce),
  });
  const start = trainer.parameters().slice();
  const losses = [];
  for (let step = 0; step < steps; step++) losses.push(await trainer.step(true));
  return { start, losses, parameters: trainer.parameters() };
}

function distance(a: Float32Array, b: Float32Array): number {
  return Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0));
}
