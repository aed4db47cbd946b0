import { type Evaluation, numbersThat } from '../catalogue/measures.ts';
import type { Configuration, Recipe } from './configuration.ts';
import { phasesOf } from './phases.ts';
import { problem } from './problem.ts';
import { quote } from './text.ts';
import type { Problem } from './validate.ts';

const ofRecipe =
  (rule: (recipe: Recipe) => Problem[]) =>
  ({ target: { train } }: Configuration): Problem[] =>
    train === undefined ? [] : rule(train);

/** What holds for a target that is trained from scratch, and for one that is measured as a cell of its own. */
export const originalRules = [
  eitherWeightsOrTraining,
  wholeTraining,
  ofRecipe(something),
  ofRecipe(nesterov),
  ofRecipe(lowest),
  ofRecipe(warmup),
  ofRecipe(idleTeacher),
  ownTargets,
  measuredBaseline,
];

function eitherWeightsOrTraining({ target: { weights, train } }: Configuration): Problem[] {
  if (train === undefined || weights === 'embedded') return [];
  return problem(
    '/target/weights',
    `Expected no \`target.weights\` beside \`target.train\`, got ${quote(weights)}`,
    'a target that is trained from scratch has no weights to read; leave one of the two out',
  );
}

function wholeTraining({ target: { prune, train } }: Configuration): Problem[] {
  if (train === undefined || prune === 0) return [];
  return problem(
    '/target/prune',
    `Expected \`target.prune\` to be 0 beside \`target.train\`, got ${quote(prune)}`,
    'train the target with `baseline: true`, then name the target.safetensors of its run as `target.weights`',
  );
}

function something({ labels, teacher, distillation }: Recipe): Problem[] {
  if (labels > 0 || (teacher !== 'none' && distillation.weight > 0)) return [];
  return problem(
    '/target/train/labels',
    'Expected `target.train.labels` to be above 0 where there is no teacher to learn from, got `0`',
    'give `target.train.teacher` a network, or the labels a factor',
  );
}

function nesterov({ optimizer: { nesterov, momentum } }: Recipe): Problem[] {
  if (!nesterov || momentum > 0) return [];
  return problem(
    '/target/train/optimizer/momentum',
    'Expected `target.train.optimizer.momentum` to be above 0 with Nesterov momentum, got `0`',
    '`nesterov: false` goes without',
  );
}

function lowest({ schedule, optimizer: { lr } }: Recipe): Problem[] {
  if (schedule.method !== 'cosine' || schedule.min <= lr) return [];
  return problem(
    '/target/train/schedule/min',
    `Expected \`target.train.schedule.min\` to be at most the learning rate, ${quote(lr)}, got ${quote(schedule.min)}`,
    'the schedule lowers the learning rate',
  );
}

function warmup({ schedule, epochs }: Recipe): Problem[] {
  if (schedule.warmup < epochs) return [];
  return problem(
    '/target/train/schedule/warmup',
    `Expected \`target.train.schedule.warmup\` to be below \`target.train.epochs\`, ${quote(epochs)}, got ${quote(schedule.warmup)}`,
    'the learning rate would never reach `target.train.optimizer.lr`',
  );
}

function idleTeacher({ teacher, distillation }: Recipe): Problem[] {
  if (teacher === 'none' || distillation.weight > 0) return [];
  return problem(
    '/target/train/distillation/weight',
    'Expected `target.train.distillation.weight` to be above 0 with a teacher, got `0`',
    '`teacher: none` goes without',
  );
}

/** The best of seeds stands for the target that it was trained for. */
function ownTargets(configuration: Configuration): Problem[] {
  const { target, progressive, baseline } = configuration;
  const chooses =
    progressive.rounds > 1 || phasesOf(configuration).some(({ start }) => start === 'best-of-seeds');
  if (target.train?.seed !== 'run' || baseline || !chooses) return [];
  return problem(
    '/target/train/seed',
    'Expected `target.train.seed` to be a number where the best of the seeds is gone on with, got `run`',
    'seeds with targets of their own have no best one in common',
  );
}

function measuredBaseline({ baseline, evaluate }: Configuration): Problem[] {
  if (!baseline || evaluate.some(measure => tellsOfTarget.includes(measure))) return [];
  return problem(
    '/evaluate',
    `Expected \`evaluate\` to name a measure that a target has by itself, got ${quote(evaluate)}`,
    `a baseline is measured by ${tellsOfTarget.join(', ')}`,
  );
}

/** The measures that do not compare with the target. */
const tellsOfTarget: readonly Evaluation[] = numbersThat(({ compares }) => !compares);
