import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { parseSpec } from '../../src/spec/sweep.ts';

const messagesOf = (settings: object) => {
  const target = { network: 'resnet8', dataset: 'procedural', weights: 'a.th' };
  const result = parseSpec(stringify({ name: 'x', target, ...settings }), 'x.yaml');
  return result.ok ? [] : result.diagnostics.map(({ message }) => message);
};

const folder = { target: { network: 'resnet8', dataset: 'folder', weights: 'a.th' } };
const train = (recipe: object) => ({ target: { network: 'resnet8', dataset: 'procedural', train: recipe } });
const mix = { mixup: 0.1, cutmix: 1 };

test('an augmentation has the defaults of what it names, and nothing of what it does not', () => {
  const text = stringify({
    name: 'x',
    ...folder,
    data: { augment: { interpolation: 'random', crop: {}, randAugment: {}, jitter: {}, mix, erase: {} } },
  });
  const result = parseSpec(text, 'x.yaml');
  expect(result.ok && result.sweep.cells[0]!.configuration.data.augment).toEqual({
    flip: 0.5,
    crop: { scale: [0.08, 1], ratio: [3 / 4, 4 / 3] },
    interpolation: 'random',
    randAugment: { magnitude: 7, std: 0.5, layers: 2, probability: 0.5, increasing: true },
    jitter: { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0 },
    mix: { mixup: 0.1, cutmix: 1, probability: 1, switch: 0.5, mode: 'batch' },
    erase: { probability: 0.25, mode: 'pixel', count: 1 },
  });
  const plain = parseSpec(stringify({ name: 'x', ...folder, data: { augment: {} } }), 'x.yaml');
  expect(plain.ok && plain.sweep.cells[0]!.configuration.data.augment).toEqual({ flip: 0.5 });
});

test.each([
  ['more of images in memory', { data: { augment: { randAugment: {}, jitter: {}, erase: {} } } }],
  ['an interpolation of RandAugment', { data: { augment: { randAugment: {}, interpolation: 'random' } } }],
  ['crops of images in folders', { ...folder, data: { augment: { crop: { scale: [0.5, 0.5] } } } }],
  [
    'crops of a set in folders',
    { data: { augment: { crop: {} }, source: { method: 'dataset', name: 'imagenet' } } },
  ],
  ['an even batch mixed', { batch: 32, data: { augment: { mix } } }],
  ['a target trained on mixed images', train({ batch: 128, augment: { mix } })],
  ['noise as it is', { data: { augment: true, source: { method: 'noise' } } }],
])('%s is admitted', (_, settings) => {
  expect(messagesOf(settings)).toEqual([]);
});

const phases = [{ name: 'd', losses: ['kd'], iterations: 10, batch: 31 }];

test.each([
  [
    { data: { augment: { crop: {} } } },
    "Expected no `data.augment.crop` for images that all have the size of the network's",
  ],
  [
    train({ augment: { crop: {} } }),
    "Expected no `target.train.augment.crop` for images that all have the size of the network's",
  ],
  [
    { data: { augment: { interpolation: 'random' } } },
    'Expected `data.augment.randAugment` beside `data.augment.interpolation`, found none',
  ],
  [
    { ...folder, data: { augment: { crop: { scale: [0.9, 0.1] } } } },
    'Expected `data.augment.crop.scale` to be the least, then the largest, got `[0.9,0.1]`',
  ],
  [
    { data: { augment: { mix: { mode: 'elem' } } } },
    'Expected `data.augment.mix` to have `mixup` or `cutmix` above 0, got neither',
  ],
  [
    { batch: 33, data: { augment: { mix } } },
    'Expected `batch` to be even with `data.augment.mix`, got `33`',
  ],
  [{ data: { augment: { mix } }, phases }, 'Expected `batch` to be even with `data.augment.mix`, got `31`'],
  [
    train({ batch: 33, augment: { mix } }),
    'Expected `target.train.batch` to be even with `target.train.augment.mix`, got `33`',
  ],
  [
    { data: { augment: { jitter: {} }, source: { method: 'noise' } } },
    'Expected `data.augment` to be `true` or `false` where distillation is shown noise, got a mapping',
  ],
  [{ data: { augment: { randaugment: {} } } }, 'Unknown key `randaugment` in `data.augment`'],
  [
    { data: { augment: { jitter: { hue: 0.7 } } } },
    'Expected `data.augment.jitter.hue` to be a number from 0 to 0.5, got `0.7`',
  ],
  [
    { data: { augment: { randAugment: { magnitude: 30 } } } },
    'Expected `data.augment.randAugment.magnitude` to be a number from 0 to 10, got `30`',
  ],
])('%j: %s', (settings, message) => {
  expect(messagesOf(settings)).toEqual([message]);
});
