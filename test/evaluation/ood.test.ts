import { join } from 'node:path';
import { expect, test } from 'vitest';
import { proceduralImages } from '../../src/data/procedural.ts';
import type { Assembled } from '../../src/execute/assemble.ts';
import { newFolder } from '../support/files.ts';
import { npy, npyLabels } from '../support/npy.ts';
import { execute, onlyResult, published } from '../support/whole-runs.ts';

/** So many test images in each severity; `fog` has them as they are, `snow` in ever darker grey. */
const each = 20;
const { pixels, labels } = proceduralImages('test', each);

function corrupted(change: (value: number, severity: number) => number): Buffer {
  const bytes = Buffer.alloc(5 * each * 3072);
  let at = 0;
  for (let severity = 1; severity <= 5; severity++)
    for (let i = 0; i < each; i++)
      for (let pixel = 0; pixel < 1024; pixel++)
        for (let channel = 0; channel < 3; channel++)
          bytes[at++] = change(pixels[i * 3072 + channel * 1024 + pixel]!, severity);
  return npy('|u1', [5 * each, 32, 32, 3], bytes);
}

test('accuracy on corrupted images: their mean, and each; of the original network as well', async () => {
  const root = newFolder({
    'CIFAR-10-C/fog.npy': corrupted(value => value),
    'CIFAR-10-C/snow.npy': corrupted((_, severity) => 50 * severity),
    'CIFAR-10-C/labels.npy': npyLabels(Array.from({ length: 5 * each }, (_, i) => labels[i % each]!)),
  });
  process.env.NERN_SWEEP_CACHE = newFolder();
  const whole = await execute(`
name: shifted
target: { network: resnet8, dataset: procedural, weights: embedded }
data: { root: ${root}, test: ${each} }
predictor: { hidden: 12, embedding: { base: 0.76, levels: 6 } }
alpha: 0
beta: 0
iterations: 2
seeds: [0]
evaluate: [accuracy, ood]
ood: { set: cifar10-c, corruptions: [fog, snow], severities: [1, 5] }
`);
  const result = onlyResult(whole);
  expect(result.metrics.ood).toMatchObject({
    unit: '%',
    settings: { images: 'cifar10-c', corruptions: 'fog snow', severities: '1 5' },
  });
  const [run] = whole.runs as [Assembled];
  const document = JSON.parse((await published(run, join('measures', 'ood.json'))).toString());
  expect(document).toMatchObject({ set: 'cifar10-c', images: 4 * each });
  const [fog, snow] = document.corruptions;
  // Images that nothing happened to are as hard as they are; grey ones are all of one class, two in twenty.
  const { accuracy } = result.metrics;
  expect(fog).toEqual({
    corruption: 'fog',
    mean: accuracy!.value,
    severities: { 1: accuracy!.value, 5: accuracy!.value },
  });
  expect(snow).toEqual({ corruption: 'snow', mean: 10, severities: { 1: 10, 5: 10 } });
  expect(document.mean).toBe((fog.mean + snow.mean) / 2);
  expect(result.metrics.ood!.value).toBe(document.mean);
  expect(result.target.ood).toBe((result.target.accuracy! + 10) / 2);
});
