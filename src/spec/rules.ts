import type { Configuration } from './configuration.ts';
import { quote } from './text.ts';
import type { Problem } from './validate.ts';

/** Above it the sine of an angle in 32-bit floats is noise or not a number; angles grow as base^levels. */
const MAX_FREQUENCY = 1e30;

/** What cannot work although every setting by itself is admitted. */
export function impossible(configuration: Configuration): Problem[] {
  return [embeddedWeights, warmup, learningRate, frequencies].flatMap(rule => rule(configuration));
}

const problem = (pointer: string, message: string, hint: string): Problem[] => [
  { code: 'impossible-combination', pointer, at: 'value', message, hint },
];

function embeddedWeights({ target }: Configuration): Problem[] {
  const { network, dataset, weights } = target;
  if (weights !== 'embedded' || (network === 'resnet8' && dataset === 'procedural')) return [];
  return problem(
    '/target/weights',
    `Expected \`target.weights\` to be a checkpoint file for ${network} on ${dataset}, got \`embedded\``,
    'only `resnet8` on `procedural` has embedded weights',
  );
}

function warmup({ warmup, iterations }: Configuration): Problem[] {
  if (warmup <= iterations) return [];
  return problem(
    '/warmup',
    `Expected \`warmup\` to be at most \`iterations\`, ${quote(iterations)}, got ${quote(warmup)}`,
    'the warm-up is part of the iterations',
  );
}

function learningRate({ optimizer, schedule }: Configuration): Problem[] {
  if (schedule.method !== 'cosine' || schedule.min <= optimizer.lr) return [];
  return problem(
    '/schedule/min',
    `Expected \`schedule.min\` to be at most \`optimizer.lr\`, ${quote(optimizer.lr)}, got ${quote(schedule.min)}`,
    'the schedule lowers the learning rate; `schedule: { method: constant }` keeps it',
  );
}

function frequencies({ predictor }: Configuration): Problem[] {
  const { base, levels } = predictor.embedding;
  if (base ** (levels - 1) <= MAX_FREQUENCY) return [];
  return problem(
    '/predictor/embedding/levels',
    `Expected the highest frequency of \`predictor.embedding\`, base^(levels - 1), to be at most ${MAX_FREQUENCY}, got ${quote(base)}^${quote(levels - 1)}`,
    'use fewer levels or a base nearer to 1',
  );
}
