import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { RunResult } from '../../src/contract/result.ts';
import type { Assembled } from '../../src/execute/assemble.ts';
import { execute, onlyResult, published } from '../support/whole-runs.ts';

const spec = `
name: measured
target: { network: resnet8, dataset: procedural, weights: embedded }
data: { train: 32, test: 32 }
predictor: { hidden: 12, embedding: { base: 0.76, levels: 6 } }
alpha: 0
beta: 0
iterations: 4
evaluateEvery: 2
seeds: [0]
compression: { pruned: [0, 0.3, 0.6], fineTune: { iterations: 20 } }
evaluate:
  - accuracy
  - top-5
  - loss
  - agreement
  - reconstruction-error
  - fgsm
  - i-fgsm
  - layer-errors
  - kernel-grid
  - low-frequency-ratio
  - weight-importance
  - interpolation
  - loss-landscape
  - embedding-similarity
  - meta-compression
`;

let run: Assembled;
let result: RunResult;

beforeAll(async () => {
  const whole = await execute(spec);
  [run] = whole.runs as [Assembled];
  result = onlyResult(whole);
}, 180_000);

const document = async (name: string) =>
  JSON.parse((await published(run, join('measures', `${name}.json`))).toString());

describe('a run with every measure', () => {
  test('reports the numbers with their units, and the settings on which they depend', () => {
    const units = Object.entries(result.metrics).map(([name, { unit }]) => [name, unit]);
    expect(Object.fromEntries(units)).toEqual({
      accuracy: '%',
      'best-accuracy': '%',
      'top-5': '%',
      loss: 'nat',
      agreement: '%',
      'reconstruction-error': '',
      fgsm: '%',
      'i-fgsm': '%',
    });
    expect(result.metrics['i-fgsm']!.settings).toEqual({
      epsilon: '1/255',
      steps: '10',
      'step size': '0.25/255',
    });
    expect(result.metrics.accuracy).not.toHaveProperty('settings');
  });

  test('attacks at the end alone', () => {
    const often = ['accuracy', 'top-5', 'loss', 'agreement', 'reconstruction-error'];
    expect(result.phases[0]!.evaluations.map(({ metrics }) => Object.keys(metrics))).toEqual([often, often]);
  });

  test('reports the original network, but for what compares with it', () => {
    expect(Object.keys(result.target)).toEqual(['accuracy', 'top-5', 'loss', 'fgsm', 'i-fgsm']);
    expect(result.target.fgsm).toBeLessThan(result.target.accuracy!);
    expect(result.target['i-fgsm']).toBeLessThanOrEqual(result.target.fgsm!);
  });

  test('interpolates from the original to the reconstructed network', async () => {
    const { points } = await document('interpolation');
    const [start, end] = [0, 1].map(at => points.find(({ t }: { t: number }) => t === at));
    expect(start).toMatchObject({ distance: 0, accuracy: result.target.accuracy, loss: result.target.loss });
    expect(end).toMatchObject({
      distance: result.metrics['reconstruction-error']!.value,
      accuracy: result.metrics.accuracy!.value,
      loss: result.metrics.loss!.value,
    });
  });

  test('surveys the losses around the reconstructed network', async () => {
    const { axis, train, test } = await document('loss-landscape');
    const centre = axis.indexOf(0);
    expect(test.loss[centre][centre]).toBeCloseTo(result.metrics.loss!.value, 4);
    expect(train.loss[centre][centre]).not.toBe(test.loss[centre][centre]);
    expect(test.loss).toHaveLength(axis.length);
    expect(new Set(test.loss.flat()).size).toBeGreaterThan(axis.length);
  });

  test('finds errors by layer that make up the reconstruction error', async () => {
    const { layers } = await document('layer-errors');
    const worst = Math.max(...layers.map(({ error }: { error: number }) => error));
    const best = Math.min(...layers.map(({ error }: { error: number }) => error));
    const overall = result.metrics['reconstruction-error']!.value;
    expect(best).toBeLessThan(overall);
    expect(worst).toBeGreaterThan(overall);
  });

  test('shows what the filters with the lowest and highest errors respond to', async () => {
    const { layers } = await document('weight-importance');
    const { lowest, highest, activation } = layers[0];
    expect(lowest).toHaveLength(10);
    expect(highest[0].error).toBeGreaterThan(lowest[0].error);
    expect(activation.lowest).toHaveLength(32);
    expect(activation.lowest[0]).toHaveLength(32);
    expect(activation.lowest).not.toEqual(activation.highest);
  });

  test('compresses the predictor, less and less true', async () => {
    const { points, originalBytes } = await document('meta-compression');
    expect(originalBytes).toBe(4 * result.learnableParameters);
    expect(points[0]).toMatchObject({
      pruned: 0,
      bits: 32,
      accuracy: result.metrics.accuracy!.value,
      error: result.metrics['reconstruction-error']!.value,
    });
    expect(points[0].bytes).toBe(4 * result.predictorParameters + 1);
    const sizes = points.map(({ bytes }: { bytes: number }) => bytes);
    expect(Math.max(...sizes.slice(1))).toBeLessThan(sizes[0]);
    expect(points.at(-1)).toMatchObject({ pruned: 0.6, bits: 4, fineTuned: 20 });
    expect(points).toHaveLength(5 * 4);
  });

  test('fine-tunes pruned predictors, which stay as small and become truer', async () => {
    const { points } = await document('meta-compression');
    for (const share of [0.3, 0.6]) {
      const [plain, tuned] = [undefined, 20].map(iterations =>
        points.find(
          (point: { pruned: number; bits: number; fineTuned?: number }) =>
            point.pruned === share && point.bits === 32 && point.fineTuned === iterations,
        ),
      );
      expect(tuned.bytes).toBe(plain.bytes);
      expect(tuned.error).toBeLessThan(plain.error);
    }
  });

  test('draws what is a picture', async () => {
    const drawn = [...run.files.keys()].filter(file => file.endsWith('.svg')).sort();
    expect(drawn).toEqual(
      ['kernel-grid.svg', 'loss-landscape.svg', 'weight-importance.svg'].map(name => join('measures', name)),
    );
    const { layers } = await document('kernel-grid');
    expect(layers[0].original).not.toEqual(layers[0].reconstructed);
    expect(layers[0].original).toHaveLength(31);
  });

  test('tells how alike its embeddings are', async () => {
    const { reference, similarity } = await document('embedding-similarity');
    expect(similarity[reference]).toBeCloseTo(1, 6);
  });
});
