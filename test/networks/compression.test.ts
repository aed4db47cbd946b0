import { describe, expect, test } from 'vitest';
import { parameterCount, predictorShapes } from '../../src/nern/predictor/predictor-shapes.ts';
import { networkOf } from '../../src/networks/build.ts';
import { catalogue, type NetworkName } from '../../src/networks/catalogue.ts';
import { learnableConvolutions, learnableParameters } from '../../src/networks/network.ts';
import type { Shortcut } from '../../src/networks/resnet.ts';

/*
 * The sizes of both papers: NeRN, section 4 and appendix C, and the heads of the columns of the second paper's table 2.
 */

const target = (name: NetworkName, shortcut: Shortcut) =>
  networkOf({ name, layers: catalogue[name](shortcut) }, { classes: 10, input: [3, 64, 64] });

const targets = {
  'ResNet20, shortcut A': target('resnet20', 'A'),
  ResNet20: target('resnet20', 'B'),
  ResNet56: target('resnet56', 'B'),
  ResNet18: target('resnet18', 'B'),
};

test.each([
  ['ResNet20, shortcut A', 29_744, 0, 267_696, '1.02'],
  ['ResNet20', 29_744, 2_560, 270_256, '1.03'],
  ['ResNet56', 94_256, 2_560, 850_864, '3.25'],
  ['ResNet18', 1_220_608, 0, 10_985_472, '41.9'],
] as const)('%s has %i kernels 3x3, %i kernels 1x1, %i parameters, %s MiB', (name, three, one, all, size) => {
  const kernels = (k: number) =>
    learnableConvolutions(targets[name])
      .filter(({ shape }) => shape[2] === k)
      .reduce((total, { shape }) => total + shape[0] * shape[1], 0);
  const parameters = learnableParameters(targets[name]);
  expect([kernels(3), kernels(1), parameters]).toEqual([three, one, all]);
  expect(((parameters * 4) / 2 ** 20).toPrecision(3)).toBe(size);
});

/** Embeddings of 40 levels of three coordinates, 3x3 kernels. */
const predictor = (hidden: number) => parameterCount(predictorShapes({ inputs: 240, hidden, outputs: 9 }));

test.each([
  [120, 73_569],
  [140, 94_229],
  [220, 200_869],
  [700, 1_647_109],
  [1372, 5_994_277],
])('a predictor of hidden size %i has %i parameters', (hidden, parameters) => {
  expect(predictor(hidden)).toBe(parameters);
});

describe('the compression ratio', () => {
  test.each([
    ['ResNet20', 140, '34.9'],
    ['ResNet56', 220, '23.6'],
    ['ResNet18', 700, '15.0'],
    ['ResNet18', 1372, '54.6'],
    ['ResNet20', 120, '27'],
    ['ResNet20', 140, '35'],
    ['ResNet20', 180, '53'],
    ['ResNet56', 220, '24'],
    ['ResNet56', 280, '36'],
    ['ResNet56', 320, '46'],
    // The paper has 57, which would be of shortcut A; its size, 3.25 MB, is that of B.
    ['ResNet56', 360, '56'],
    ['ResNet18', 700, '15'],
    ['ResNet18', 1024, '31'],
    ['ResNet18', 1372, '55'],
  ] as const)('of %s with hidden size %i is %s %', (name, hidden, percent) => {
    const digits = percent.split('.')[1]?.length ?? 0;
    expect(((100 * predictor(hidden)) / learnableParameters(targets[name])).toFixed(digits)).toBe(percent);
  });

  test.each([
    ['ResNet20', 300],
    ['ResNet56', 510],
    ['ResNet56', 680],
    ['ResNet56', 750],
  ] as const)('of %s with hidden size %i is above 1, as the second paper says', (name, hidden) => {
    expect(predictor(hidden) / learnableParameters(targets[name])).toBeGreaterThan(1);
  });
});
