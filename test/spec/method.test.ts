import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { parseSpec } from '../../src/spec/sweep.ts';

const target = { network: 'resnet8', dataset: 'procedural' };

/** What is wrong with a spec that has these settings. */
const errorsOf = (settings: Record<string, unknown>) => {
  const result = parseSpec(stringify({ name: 'x', target, ...settings }), 'x.yaml');
  return result.ok ? [] : result.diagnostics.map(({ message }) => message);
};

test.each([
  [
    { schedule: { warmup: 20 }, iterations: 10 },
    'Expected `schedule.warmup` to be at most `iterations`, `10`, got `20`',
  ],
  [
    { schedule: { method: 'exponential', min: 0.1 } },
    'Expected `schedule.min` to be at most `optimizer.lr`, `0.005`, got `0.1`',
  ],
  [
    { predictor: { layers: 2, architecture: 'residual' } },
    'Expected `predictor.layers` to be 3 or more with architecture `residual`, got `2`',
  ],
  [
    { optimizer: { method: 'sgd', momentum: 0 } },
    'Expected `optimizer.momentum` to be above 0 with Nesterov momentum, got `0`',
  ],
  [
    { losses: { reconstructionWeight: 0 }, warmup: 5 },
    'Expected `losses.reconstructionWeight` to be above 0 where no other loss acts, got `0`',
  ],
  [{ evaluate: ['ood'] }, 'Expected `ood.set` beside the measure `ood` on procedural, found none'],
  [
    { select: { split: 'held-out' } },
    'Expected `data.heldOut` to be above 0 with `select.split: held-out`, got `0`',
  ],
  [{ clip: { scope: 'all' } }, 'Expected `clip.norm` beside `clip.scope`, found none'],
  [
    { losses: { fmd: 'gram' }, batch: 1 },
    'Expected `batch` to be 2 or more with `losses.fmd: gram`, got `1`',
  ],
  [
    { predictor: { embedding: { base: 9, levels: 1000 } } },
    'Expected the highest frequency of `predictor.embedding`, base^(levels - 1), to be at most 1e+30, got `9`^`999`',
  ],
  [
    { optimizer: { method: 'ranger', threshold: 3 } },
    'Expected `optimizer.threshold` to be a number from 4 to 1000000, got `3`',
  ],
  [
    { teacher: { network: 'resnet20', weights: 'a.th' } },
    "Expected `beta` to be 0 with a teacher whose feature maps are not the target's, resnet20's and resnet8's, got `0.0001`",
  ],
  [
    { teacher: { network: 'resnet8', weights: 'a.th' }, alpha: 0 },
    'Expected a knowledge distillation loss that learns from `teacher`, found none',
  ],
  [
    { teacher: { network: 'resnet20', weights: 'a.th' }, beta: 0, iterations: 5, warmup: 5 },
    'Expected a knowledge distillation loss that learns from `teacher`, found none',
  ],
  [
    { teacher: { network: 'resnet20', weights: 'embedded' }, beta: 0 },
    'Expected `teacher.weights` to be a checkpoint file for resnet20 on procedural, got `embedded`',
  ],
  [{ teacher: { network: 'resnet20' } }, 'Missing key `weights` in `teacher`'],
  [
    { teacher: { network: 'cnn', weights: 'a.th', shortcut: 'A' }, beta: 0 },
    'Expected `teacher.shortcut` to be left out for cnn, got `A`',
  ],
  [
    { target: { ...target, train: { teacher: { network: 'cnn', weights: 'a.th', shortcut: 'A' } } } },
    'Expected `target.train.teacher.shortcut` to be left out for cnn, got `A`',
  ],
  [
    { target: { ...target, shortcut: 'B', from: { sweep: 'runs/x' } } },
    'Expected `target.shortcut` to be left out beside `target.from`, got `B`',
  ],
  [
    { target: { ...target, train: {}, prune: 0.4 } },
    'Expected `target.prune` to be 0 beside `target.train`, got `0.4`',
  ],
  [
    { teacher: 'nobody' },
    'Expected `teacher` to be `none` or a mapping with `network` and `weights`, got `nobody`',
  ],
  [{ predictor: { init: { method: 'checkpoint' } } }, 'Missing key `file` in `predictor.init`'],
])('%j cannot work', (settings, message) => {
  expect(errorsOf(settings)).toEqual([message]);
});

test.each([
  { predictor: { layers: 2 } },
  { predictor: { layers: 3, architecture: 'nerf' } },
  { predictor: { embedding: { method: 'fourier', levels: 1000 } } },
  { optimizer: { method: 'sgd', momentum: 0, nesterov: false } },
  { losses: { fmd: 'gram' }, batch: 1, beta: 0 },
  { schedule: { method: 'constant', warmup: 10 }, iterations: 10 },
  { clip: { norm: 1, scope: 'all' } },
  { losses: { reconstructionWeight: 0 }, beta: 0 },
  { teacher: { network: 'resnet20', weights: 'a.th' }, beta: 0 },
  { teacher: { network: 'resnet8', weights: 'a.th', shortcut: 'B', normalize: 'cifar10' } },
  { teacher: { network: 'resnet8', weights: 'embedded' } },
])('%j can', settings => {
  expect(errorsOf(settings)).toEqual([]);
});

test('a grid over methods shares the settings that each of them has', () => {
  const result = parseSpec(
    stringify({
      name: 'x',
      target,
      sampler: { batch: 64, uniform: 0.5, root: 'exact' },
      matrix: {
        'sampler.method': ['magnitude', 'uniform-without-replacement', 'random-layer', 'all'],
        'predictor.embedding.method': ['positional', 'fourier'],
      },
    }),
    'x.yaml',
  );
  if (!result.ok) throw new Error(result.diagnostics[0]!.message);
  expect(result.sweep.cells.map(({ configuration }) => configuration.sampler)).toEqual(
    [
      { method: 'magnitude', batch: 64, uniform: 0.5, mix: 'batch', root: 'exact' },
      { method: 'uniform-without-replacement', batch: 64, root: 'exact' },
      { method: 'random-layer', root: 'exact' },
      { method: 'all' },
    ].flatMap(sampler => [sampler, sampler]),
  );
});
