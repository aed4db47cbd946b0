import { describe, expect, test } from 'vitest';
import { layerErrors } from '../../src/measures/layer-errors.ts';
import { kernelsOf, layersOf } from '../../src/measures/layers.ts';
import { rankFilters } from '../../src/measures/weight-importance.ts';
import { reconstructionError } from '../../src/nern/predictor/reconstruct.ts';
import { convolutions, kernels, kernelsUnder, layersUnder, ofLayer, target } from './reference.ts';

test('layers and the table of kernels are the same weights in two forms', () => {
  const layers = layersOf(kernels.rows.data, 9, convolutions);
  for (const { name, shape, data } of layers) {
    expect({ shape, data }, name).toEqual(target.weights.get(name));
  }
  expect(kernelsOf(layers, 9, convolutions)).toEqual(kernels.rows.data);
});

describe('the errors of a disturbed network', () => {
  const errors = layerErrors(layersUnder('target'), layersUnder('reconstructed'));

  test('are those that PyTorch finds, by layer and by filter', () => {
    expect(errors).toHaveLength(convolutions.length);
    for (const { layer, error, relative, filters } of errors) {
      const expected = ofLayer(layer);
      expect(error, layer).toBeCloseTo(expected.error, 7);
      expect(relative, layer).toBeCloseTo(expected.relative, 6);
      expect(filters).toHaveLength(expected.filters.length);
      for (const [f, filter] of filters.entries()) {
        expect(filter, `${layer} ${f}`).toBeCloseTo(expected.filters[f], 6);
      }
    }
  });

  test('add up to the reconstruction error of the whole', () => {
    const sizes = convolutions.map(({ shape }) => shape.reduce((a, b) => a * b, 1));
    const squares = errors.reduce((sum, { error }, l) => sum + error ** 2 * sizes[l]!, 0);
    const overall = Math.sqrt(squares / kernels.parameters);
    expect(reconstructionError(kernelsUnder('reconstructed'), kernels)).toBeCloseTo(overall, 9);
  });

  test('of a filter of zeros have no ratio', () => {
    const zeros = { name: 'zeros', shape: [2, 1, 1, 1], data: Float32Array.of(0, 2) };
    const other = { ...zeros, data: Float32Array.of(1, 1) };
    expect(layerErrors([zeros], [other])[0]!.filters).toEqual([Number.NaN, 0.5]);
  });
});

test('filters are ranked from the outside in, those without an error left out', () => {
  const ranked = rankFilters([0.5, 0.1, Number.NaN, 0.9, 0.1], 2);
  expect(ranked.lowest).toEqual([
    { filter: 1, error: 0.1 },
    { filter: 4, error: 0.1 },
  ]);
  expect(ranked.highest.map(({ filter }) => filter)).toEqual([3, 0]);
});
