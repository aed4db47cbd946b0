import { datasetOf } from '../catalogue/datasets.ts';
import { augmentation, recipeAugmentation } from './augment-rules.ts';
import type { Configuration } from './configuration.ts';
import { originalRules } from './original-rules.ts';
import { permutationOf } from './permutation.ts';
import { actingLosses, firstStart, lossesOfWindow, phaseNames, stopRule } from './phase-rules.ts';
import { phasesOf } from './phases.ts';
import { problem } from './problem.ts';
import {
  embeddedWeights,
  givenShortcut,
  idleTeacher,
  namesWithoutFile,
  oneOrigin,
  patterns,
  shortcuts,
  teachersFeatureMaps,
  teachersWeights,
} from './target-rules.ts';
import { quote } from './text.ts';
import type { Problem } from './validate.ts';

/** Above it the sine of an angle in 32-bit floats is noise or not a number; angles grow as base^levels. */
const MAX_FREQUENCY = 1e30;

/** What cannot work although every setting by itself is admitted. */
export function impossible(configuration: Configuration): Problem[] {
  const ofPhases = phasesOf(configuration).flatMap((phase, i) =>
    phaseRules
      .flatMap(rule => rule(phase.configuration))
      .map(problem => ({ ...problem, pointer: placeInPhase(problem.pointer, configuration, i) })),
  );
  const problems = [...rules.flatMap(rule => rule(configuration)), ...ofPhases];
  return [...new Map(problems.map(one => [`${one.pointer} ${one.message}`, one])).values()];
}

/** What holds for a cell as a whole. */
const rules = [
  ...originalRules,
  recipeAugmentation,
  embeddedWeights,
  givenShortcut,
  namesWithoutFile,
  oneOrigin,
  patterns,
  stopRule,
  teachersWeights,
  shortcuts,
  idleTeacher,
  frequencies,
  skippingDepth,
  phaseNames,
  firstStart,
  actingLosses,
  lossesOfWindow,
];

/** What holds for the settings of each phase. */
const phaseRules = [
  teachersFeatureMaps,
  warmup,
  learningRate,
  learningRateWarmup,
  nesterov,
  scopeOfClipping,
  pairsOfImages,
  anyLoss,
  shiftedImages,
  heldOutImages,
  augmentation,
  givenPaths,
];

/** Where a setting of a phase is written: in the phase, or in the spec when the phase does not say it. */
function placeInPhase(pointer: string, configuration: Configuration, i: number): string {
  if (typeof configuration.phases === 'string') return pointer;
  const [, top, ...rest] = pointer.split('/');
  const key = top === 'losses' ? 'forms' : top!;
  const isOwn = Object.hasOwn(configuration.phases[i]!, key);
  return isOwn ? ['', 'phases', i, key, ...rest].join('/') : pointer;
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
  if (schedule.method === 'constant' || schedule.min <= optimizer.lr) return [];
  return problem(
    '/schedule/min',
    `Expected \`schedule.min\` to be at most \`optimizer.lr\`, ${quote(optimizer.lr)}, got ${quote(schedule.min)}`,
    'the schedule lowers the learning rate; `schedule: { method: constant }` keeps it',
  );
}

function frequencies({ predictor }: Configuration): Problem[] {
  if (predictor.embedding.method !== 'positional') return [];
  const { base, levels } = predictor.embedding;
  if (base ** (levels - 1) <= MAX_FREQUENCY) return [];
  return problem(
    '/predictor/embedding/levels',
    `Expected the highest frequency of \`predictor.embedding\`, base^(levels - 1), to be at most ${MAX_FREQUENCY}, got ${quote(base)}^${quote(levels - 1)}`,
    'use fewer levels or a base nearer to 1',
  );
}

function learningRateWarmup({ schedule, iterations }: Configuration): Problem[] {
  if (schedule.warmup <= iterations) return [];
  return problem(
    '/schedule/warmup',
    `Expected \`schedule.warmup\` to be at most \`iterations\`, ${quote(iterations)}, got ${quote(schedule.warmup)}`,
    'the learning rate would never reach `optimizer.lr`',
  );
}

function skippingDepth({ predictor }: Configuration): Problem[] {
  const { architecture, layers } = predictor;
  if (architecture === 'plain' || layers > 2) return [];
  return problem(
    '/predictor/layers',
    `Expected \`predictor.layers\` to be 3 or more with architecture ${quote(architecture)}, got ${quote(layers)}`,
    'two layers have no middle one; `architecture: plain` needs none',
  );
}

function nesterov({ optimizer }: Configuration): Problem[] {
  if (optimizer.method !== 'sgd' || !optimizer.nesterov || optimizer.momentum > 0) return [];
  return problem(
    '/optimizer/momentum',
    'Expected `optimizer.momentum` to be above 0 with Nesterov momentum, got `0`',
    '`nesterov: false` goes without',
  );
}

function scopeOfClipping({ clip }: Configuration): Problem[] {
  if (clip.scope === undefined || clip.norm !== undefined) return [];
  return problem(
    '/clip/scope',
    'Expected `clip.norm` beside `clip.scope`, found none',
    'the scope says which gradients the norm is of',
  );
}

function pairsOfImages({ losses, beta, batch }: Configuration): Problem[] {
  if (losses.fmd !== 'gram' || beta === 0 || batch > 1) return [];
  return problem(
    '/batch',
    `Expected \`batch\` to be 2 or more with \`losses.fmd: gram\`, got ${quote(batch)}`,
    'Gram matrices compare the images of a batch with each other',
  );
}

function anyLoss({ losses, alpha, beta, warmup }: Configuration): Problem[] {
  if (losses.reconstructionWeight > 0 || ((alpha > 0 || beta > 0) && warmup === 0)) return [];
  return problem(
    '/losses/reconstructionWeight',
    'Expected `losses.reconstructionWeight` to be above 0 where no other loss acts, got `0`',
    'give `alpha` or `beta` a value above 0, and no `warmup`',
  );
}

function shiftedImages({ evaluate, ood, target }: Configuration): Problem[] {
  const set = ood.set ?? datasetOf(target.dataset).usualOodSet;
  if (!evaluate.includes('ood') || set !== undefined) return [];
  return problem(
    '/evaluate',
    `Expected \`ood.set\` beside the measure \`ood\` on ${target.dataset}, found none`,
    'it names the images that are looked at',
  );
}

function heldOutImages({ select, data }: Configuration): Problem[] {
  if (select.split !== 'held-out' || data.heldOut > 0) return [];
  return problem(
    '/select/split',
    'Expected `data.heldOut` to be above 0 with `select.split: held-out`, got `0`',
    '`data: { heldOut: 5000 }` keeps so many training images out of training',
  );
}

function givenPaths(configuration: Configuration): Problem[] {
  const { twoOpt, file } = permutationOf(configuration);
  if (file === undefined || twoOpt === 0) return [];
  return problem(
    '/permutation/twoOpt',
    `Expected no \`permutation.twoOpt\` beside \`permutation.file\`, got ${quote(twoOpt)}`,
    '2-opt improves greedy paths; those of a file are taken as they are',
  );
}
