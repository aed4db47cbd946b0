import { afterAll, describe, expect, test } from 'vitest';
import { type OperationKind, reachable } from '../../src/graph/value.ts';
import { embedCoordinates } from '../../src/nern/predictor/embedding.ts';
import { matchMoments, momentsOf } from '../../src/nern/predictor/initialise.ts';
import { predictionProgram } from '../../src/nern/predictor/reconstruct.ts';
import { sampledLayers } from '../../src/nern/sampling/sampler.ts';
import {
  activationError,
  activationNames,
  engine,
  fourierReference,
  initialOf,
  kernels,
  layers,
  matchedReference,
  optimizerError,
  optimizerNames,
  predictorOf,
  programOf,
  relativeError,
  scheduleCases,
  scheduleError,
  stepCase,
  stepCases,
  stepErrors,
} from '../support/options.ts';

afterAll(() => engine.dispose());

describe('a step agrees with PyTorch', () => {
  test.each(stepCases)('$name', async of => {
    expect(predictorOf(of).predictorShapes).toEqual(of.shapes);
    const { gradient, losses } = await stepErrors(of);
    expect(gradient).toBeLessThan(2e-5);
    for (const [name, error] of Object.entries(losses)) expect(error, name).toBeLessThan(2e-5);
    const told = of.beta > 0 || of.alpha === 0 ? ['reconstruction', 'kd', 'fmd'] : ['reconstruction', 'kd'];
    if (of.root === 'exact') expect(Object.keys(losses)).toEqual(told);
  });

  test('where layers with equally many kernels share a program, with nothing below them', async () => {
    const one = stepCase('layer');
    const sizes = layers.map(({ shape }) => shape[0] * shape[1]);
    const alike = sampledLayers({ method: 'random-layer' }, sizes, one.sample.length)!;
    expect(alike).toEqual([3, 5]);
    const { gradient } = await stepErrors(one, programOf(one, alike, 4));
    expect(gradient).toBeLessThan(2e-5);
    const count = (among: number[] | undefined, kind: OperationKind) =>
      reachable(Object.values(programOf(one, among, 4).outputs)).filter(
        ({ operation }) => operation.kind === kind,
      ).length;
    expect(count(undefined, 'convolutionFilterGradient')).toBe(layers.length);
    expect(count(alike, 'convolutionFilterGradient')).toBe(2);
    // The second stage begins with layer 3: above it are its own second convolution and the third stage's three.
    expect(count(alike, 'convolutionInputGradient')).toBe(4);
  });
});

test.each(activationNames)('the activation %s agrees with PyTorch', async activation => {
  expect(await activationError(activation)).toBeLessThan(3e-6);
});

test('Fourier features agree with PyTorch', () => {
  const { directions, coordinates, embedding } = fourierReference;
  const { shape, data } = embedCoordinates(Float32Array.from(coordinates.flat()), {
    shape: [9, 3],
    data: Float32Array.from(directions),
  });
  expect(shape).toEqual([coordinates.length, 18]);
  // An angle of some thousands is off by up to 1e-4 in float32, in PyTorch as here.
  const worst = Math.max(...embedding.flat().map((value, i) => Math.abs(value - data[i]!)));
  expect(worst).toBeLessThan(1e-4);
});

test('a matched initialisation has the mean and the deviation of the weights', async () => {
  const predictor = predictorOf(stepCase('paper'));
  const parameters = initialOf('paper');
  const program = await engine.compile(predictionProgram(predictor));
  const mask = kernels.mask?.data;
  const predict = async (data: Float32Array) =>
    momentsOf((await program.run({ parameters: { ...parameters, data } })).kernels!.data, mask);
  const wanted = momentsOf(kernels.rows.data, mask);
  expect(wanted.mean).toBeCloseTo(matchedReference.wanted.mean, 7);
  expect(wanted.deviation).toBeCloseTo(matchedReference.wanted.deviation, 7);
  const found = await predict(parameters.data);
  const matched = matchMoments(parameters.data, predictor.predictorShapes, found, wanted);
  const { lastLayer } = matchedReference;
  expect(relativeError(matched.slice(-lastLayer.length), lastLayer)).toBeLessThan(1e-5);
  expect(matched.slice(0, -lastLayer.length)).toEqual(parameters.data.slice(0, -lastLayer.length));
  const moments = await predict(matched);
  expect(moments.mean).toBeCloseTo(wanted.mean, 6);
  expect(moments.deviation).toBeCloseTo(wanted.deviation, 6);
});

test.each(optimizerNames)('14 steps of %s agree with PyTorch', async name => {
  expect(await optimizerError(name)).toBeLessThan(1e-5);
});

test.each(scheduleCases)('the learning rates of $schedule agree with PyTorch', one => {
  expect(one.rates).toHaveLength(120);
  expect(scheduleError(one)).toBeLessThan(1e-9);
});
