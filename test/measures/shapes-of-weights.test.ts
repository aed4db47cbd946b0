import { describe, expect, test } from 'vitest';
import { createOnnxEngine } from '../../src/engine/onnx/engine.ts';
import { createClassifier } from '../../src/evaluation/classify.ts';
import { sizeOf } from '../../src/graph/tensor.ts';
import { crossEntropy } from '../../src/measures/cross-entropy.ts';
import { embeddingSimilarity } from '../../src/measures/embedding-similarity.ts';
import { interpolate } from '../../src/measures/interpolation.ts';
import { filtersOf, kernelsOf } from '../../src/measures/layers.ts';
import { displace, normaliseFilters, randomDirection } from '../../src/measures/loss-landscape.ts';
import { norm } from '../../src/measures/norms.ts';
import { activationProgram } from '../../src/measures/weight-importance.ts';
import { createRandom } from '../../src/random.ts';
import {
  convolutions,
  images,
  kernels,
  kernelsUnder,
  layersUnder,
  network,
  recorded,
  reference,
  sample,
  target,
} from './reference.ts';

const engine = createOnnxEngine(1);
const classifier = createClassifier(engine, target, kernels, sample);
const lossOf = async (rows: Float32Array) => crossEntropy(await classifier.logits(rows), images.labels);
const reconstructed = kernelsUnder('reconstructed');

/** Equal but for what float32 rounds. */
const near = (value: number, expected: number) => expect(value / expected).toBeCloseTo(1, 4);

describe('the losses that PyTorch finds', () => {
  test('on the line between two networks', async () => {
    for (const { t, loss } of reference.interpolation) {
      near(await lossOf(interpolate(kernels.rows.data, reconstructed, t)), loss);
    }
  });

  test('at places of a landscape', async () => {
    const direction = normaliseFilters(layersUnder('direction'), layersUnder('target'));
    const first = kernelsOf(direction, 9, convolutions);
    const second = reconstructed.map((value, i) => value - kernels.rows.data[i]!);
    for (const { place, loss } of reference.landscape) {
      near(await lossOf(displace(kernels.rows.data, [first, second], place)), loss);
    }
  });
});

describe('a direction of a landscape', () => {
  test('has filters of the lengths that PyTorch gives them', () => {
    const layers = layersUnder('target');
    const expected = layersUnder('normalised');
    for (const [l, { data }] of normaliseFilters(layersUnder('direction'), layers).entries()) {
      for (const [i, value] of data.entries()) expect(value).toBeCloseTo(expected[l]!.data[i]!, 5);
    }
  });

  test('is drawn anew for each stream of random numbers, and the same for the same', () => {
    const layers = layersUnder('target');
    const drawn = (stream: string) => randomDirection(layers, createRandom(0, stream));
    expect(drawn('first')).toEqual(drawn('first'));
    expect(drawn('first')[0]!.data).not.toEqual(drawn('second')[0]!.data);
    for (const [l, tensor] of drawn('first').entries()) {
      for (const [f, filter] of filtersOf(tensor).entries()) {
        near(norm(filter), norm(filtersOf(layers[l]!)[f]!));
      }
    }
  });

  test('leaves a filter of zeros alone', () => {
    const zeros = { shape: [1, 1, 1, 1], data: Float32Array.of(0) };
    expect(normaliseFilters([{ ...zeros, data: Float32Array.of(3) }], [zeros])[0]!.data[0]).toBe(0);
    expect(normaliseFilters([zeros], [{ ...zeros, data: Float32Array.of(3) }])[0]!.data[0]).toBe(0);
  });
});

test('the average activation of some filters is the one PyTorch finds', async () => {
  const { layer, filters } = reference.activation;
  const chosen = [{ name: 'activation', weight: layer, filters }];
  const program = await engine.compile(activationProgram(network, target.weights, chosen, images.count));
  const { mean, std } = sample.normalization;
  const data = Float32Array.from(images.pixels, (byte, i) => {
    const channel = Math.floor(i / 1024) % 3;
    return (byte / 255 - mean[channel]!) / std[channel]!;
  });
  const { activation } = await program.run({ images: { shape: [images.count, 3, 32, 32], data } });
  const expected = recorded('activation');
  expect(activation!.shape).toEqual(expected.shape);
  expect(activation!.data).toHaveLength(sizeOf(expected.shape));
  for (const [i, value] of activation!.data.entries()) expect(value).toBeCloseTo(expected.data[i]!, 5);
});

test.each([0.76, 1.25])('embeddings of base %f are as alike as in PyTorch', base => {
  const curve = embeddingSimilarity({ base, levels: 40 });
  const expected: number[] = reference.embeddingSimilarity[base];
  expect(curve).toHaveLength(expected.length);
  expect(curve[31]).toBeCloseTo(1, 12);
  // Angles of base 1.25 reach 6,000 half-turns, where float32 powers of two libraries differ in the last place.
  const digits = base < 1 ? 6 : 2;
  for (const [c, value] of curve.entries()) expect(value, `channel ${c}`).toBeCloseTo(expected[c]!, digits);
});

test('embeddings of all forms are alike, a channel and itself most', () => {
  const fourier = { method: 'fourier', levels: 8, scales: [1, 1, 1], seed: 0, normalize: 'local' } as const;
  const summed = { base: 0.76, levels: 8, fusion: 'sum', normalize: 'global' } as const;
  for (const settings of [fourier, summed]) {
    const curve = embeddingSimilarity(settings, 5, 16);
    expect(curve.indexOf(Math.max(...curve))).toBe(5);
    expect(curve[5]).toBeCloseTo(1, 12);
    expect(Math.min(...curve)).toBeLessThan(0.999);
  }
});
