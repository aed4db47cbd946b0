import { expect, test } from 'vitest';
import { distilsOnTask, imagesOf } from '../../src/contract/needs.ts';
import { checkInputs } from '../../src/inputs/inputs.ts';
import { parseSpec } from '../../src/spec/sweep.ts';

/** The images that training and measuring read: what is hashed of them before a run. */
async function readBy(settings: string) {
  const target = 'target: { network: resnet8, dataset: procedural, weights: embedded }';
  const parsed = parseSpec(`name: images\n${target}\niterations: 4\n${settings}\n`, 'images.yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics));
  const { sweep } = parsed;
  const [{ id, configuration }] = sweep.cells as [(typeof sweep.cells)[number]];
  const { hashes } = (await checkInputs(sweep)).cells.get(id)!;
  const distils = hashes['images:0'] !== undefined;
  return {
    train: hashes.train !== undefined || (distils && distilsOnTask(configuration)),
    source: distils && !distilsOnTask(configuration),
    test: hashes.test !== undefined,
  };
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
])('a run reads the images that it trains with or measures on: %j', async (settings, expected) => {
  expect(await readBy(settings)).toEqual(expected);
});

test('a measure that is taken on the training images reads those', () => {
  expect(imagesOf('accuracy', 'train')).toEqual(['train']);
  expect(imagesOf('reconstruction-error', 'train')).toEqual([]);
});
