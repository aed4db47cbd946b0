import { expect, test } from 'vitest';
import { parseSpec } from '../../src/spec/sweep.ts';
import { distils, imagesOf } from '../../src/stages/needs.ts';

/** The images that training and measuring read. */
function readBy(settings: string) {
  const target = 'target: { network: resnet8, dataset: procedural, weights: embedded }';
  const parsed = parseSpec(`name: images\n${target}\niterations: 4\n${settings}\n`, 'images.yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics));
  const { configuration } = parsed.sweep.cells[0]!;
  const measured = configuration.evaluate.flatMap(measure => imagesOf(measure));
  return { train: distils(configuration) || measured.includes('train'), test: measured.includes('test') };
}

test.each([
  ['alpha: 0.1\nevaluate: [reconstruction-error, layer-errors]', { train: true, source: false, test: false }],
  [
    'alpha: 0\nbeta: 0\nevaluate: [reconstruction-error, embedding-similarity]',
    { train: false, source: false, test: false },
  ],
  ['alpha: 0\nbeta: 0\nevaluate: [reconstruction-error, fgsm]', { train: false, source: false, test: true }],
  ['alpha: 0\nbeta: 0\nevaluate: [weight-importance]', { train: false, source: false, test: true }],
  ['alpha: 0\nbeta: 0\nevaluate: [loss-landscape]', { train: true, source: false, test: true }],
  [
    'alpha: 0.1\ndata: { source: { method: noise } }\nevaluate: [accuracy]',
    { train: false, source: true, test: true },
  ],
  ['alpha: 0.1\ndata: { heldOut: 10 }\nevaluate: [accuracy]', { train: true, source: false, test: true }],
])('a run reads the images that it trains with or measures on: %j', (settings, expected) => {
  expect(readBy(settings)).toEqual(expected);
});

test('a measure that is taken on the training images reads those', () => {
  expect(imagesOf('accuracy', 'train')).toEqual(['train']);
  expect(imagesOf('reconstruction-error', 'train')).toEqual([]);
});
