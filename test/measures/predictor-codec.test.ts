import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Bits, decodePredictor, encodePredictor } from '../../src/measures/predictor-codec.ts';
import { pruneByMagnitude } from '../../src/measures/prune.ts';
import { parameterCount, predictorShapes } from '../../src/nern/predictor/predictor-shapes.ts';
import { recorded, reference } from './reference.ts';

const shapes = predictorShapes(reference.predictor);
const { data: parameters } = recorded('predictor');
const pruned = pruneByMagnitude(parameters, shapes, reference.predictor.pruned);

test('pruning leaves the weights that PyTorch leaves', () => {
  expect(pruned).toEqual(recorded('pruned').data);
  expect(pruneByMagnitude(parameters, shapes, 0)).toEqual(parameters);
});

describe('an encoded predictor', () => {
  test.each([8, 6, 4] as const)('of %i bits has the weights that PyTorch rounds to', bits => {
    const kept = decodePredictor(encodePredictor(pruned, shapes, bits), shapes, bits);
    for (const [i, value] of recorded(`quantised/${bits}`).data.entries()) {
      expect(Math.abs(kept[i]! - value), `parameter ${i}`).toBeLessThan(1e-7);
    }
  });

  test('of 32 bits loses nothing', () => {
    for (const given of [parameters, pruned]) {
      expect(decodePredictor(encodePredictor(given, shapes, 32), shapes, 32)).toEqual(given);
    }
  });

  test('takes the bytes that its form needs', () => {
    const [count, rows, tensors] = [parameterCount(shapes), 4 * 8 + 9, 5];
    const weights = count - rows;
    const bytes = (bits: number) => Math.ceil(bits / 8);
    expect(encodePredictor(parameters, shapes, 32)).toHaveLength(bytes(32 * count + tensors));
    expect(encodePredictor(parameters, shapes, 8)).toHaveLength(bytes(8 * weights + 64 * rows + tensors));
    const left = weights - Math.floor(reference.predictor.pruned * weights);
    expect(encodePredictor(pruned, shapes, 32)).toHaveLength(bytes(weights + 32 * (left + rows) + tensors));
  });

  test('is the same once it was encoded, whatever its weights', () => {
    const weight = fc.oneof(fc.constant(0), fc.float({ noNaN: true, min: -8, max: 8 }));
    const small = predictorShapes({ inputs: 2, hidden: 2, outputs: 1 });
    const size = parameterCount(small);
    const vectors = fc
      .array(weight, { minLength: size, maxLength: size })
      .map(values => Float32Array.from(values));
    fc.assert(
      fc.property(vectors, fc.constantFrom<Bits[]>(32, 8, 6, 4), (values, bits) => {
        const once = decodePredictor(encodePredictor(values, small, bits), small, bits);
        const twice = decodePredictor(encodePredictor(once, small, bits), small, bits);
        for (const [i, value] of once.entries()) {
          expect(Math.abs(twice[i]! - value)).toBeLessThan(1e-5);
          expect(Math.abs(values[i]! - value)).toBeLessThan(bits === 32 ? 1e-9 : 8 / (2 ** (bits - 1) - 1));
        }
      }),
    );
  });
});
