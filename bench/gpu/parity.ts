import { type Start, type SyntheticTraining, syntheticTrainer } from '../../src/devices/synthetic.ts';
import type { Engine } from '../../src/graph/program.ts';
import type { Parity } from './result.ts';
import { trainedStart } from './trained-start.ts';

const steps = 10;

/** What both engines train: a real size, or a small one where the GPU is a program. */
function trainingOn({ device }: Engine) {
  const size =
    device.kind === 'software' ? { depth: 8, images: 4, hidden: 24 } : { depth: 20, images: 32, hidden: 160 };
  // Losses weighted so that an error in either distillation shows in the parameters. A first step of Ranger is as long as
  // the gradient, which is steep near the target: steps so short that the losses fall.
  return { ...size, levels: 40, sample: 4096, alpha: 0.3, beta: 0.05, learningRate: 4e-6 };
}

/** How far ten full steps on one engine lead from ten on another. */
export async function parity(engine: Engine, reference: Engine): Promise<Omit<Parity, 'engine'>> {
  const training = trainingOn(engine);
  const start = await trainedStart({ ...training, imagesAtOnce: training.images }, reference);
  const got = await train(engine, training, start);
  const known = await train(reference, training, start);
  const losses = known.losses.flatMap((all, step) =>
    Object.entries(all).map(([name, value]) => {
      const other = got.losses[step]![name as keyof typeof all];
      return value === other ? 0 : Math.abs(other - value) / Math.abs(value);
    }),
  );
  const apart = distance(got.parameters, known.parameters);
  const parameters = apart / distance(known.parameters);
  const change = apart / distance(known.parameters, start.parameters);
  if (![...losses, change].every(Number.isFinite)) throw new Error('A loss or a parameter is not a number');
  const { depth, images } = training;
  return { depth, images, steps, losses: Math.max(...losses), parameters, change };
}

async function train(engine: Engine, training: Omit<SyntheticTraining, 'imagesAtOnce'>, start: Start) {
  const imagesAtOnce = Math.min(training.images, engine.imagesAtOnce);
  const { distillation } = start.definition;
  const definition = { ...start.definition, distillation: { ...distillation!, imagesAtOnce } };
  const trainer = syntheticTrainer(engine, { ...training, imagesAtOnce }, { ...start, definition });
  const losses = [];
  for (let step = 0; step < steps; step++) losses.push(await trainer.step(true));
  return { losses, parameters: trainer.parameters() };
}

/** Between two points; from the origin when only one is given. */
function distance(a: Float32Array, b?: Float32Array): number {
  return Math.sqrt(a.reduce((sum, value, i) => sum + (value - (b?.[i] ?? 0)) ** 2, 0));
}
