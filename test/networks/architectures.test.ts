import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createOnnxEngine } from '../../src/engine/onnx/engine.ts';
import { multiply } from '../../src/graph/elementwise.ts';
import { gradients } from '../../src/graph/gradient.ts';
import { sum } from '../../src/graph/reduction.ts';
import { sizeOf } from '../../src/graph/tensor.ts';
import { constant, input } from '../../src/graph/value.ts';
import { networkOf } from '../../src/networks/build.ts';
import { catalogue, type NetworkName } from '../../src/networks/catalogue.ts';
import { forward, frozen } from '../../src/networks/forward.ts';
import { learnableConvolutions, type Network, parameterShapes } from '../../src/networks/network.ts';
import type { Shortcut } from '../../src/networks/resnet.ts';
import { hashed, hashedImages, hashedWeights } from './hashed.ts';

/** What PyTorch and torchvision say of each network (bench/peers/networks_reference.py). */
interface Reference {
  readonly network: NetworkName;
  readonly shortcut: Shortcut | null;
  readonly size: readonly [number, number];
  readonly classes: number;
  readonly parameters: number;
  readonly convolutions: number;
  readonly logits: readonly number[][];
  readonly gradients: Readonly<Record<string, { readonly norm: number; readonly values: readonly number[] }>>;
}

const file = new URL('../fixtures/networks/networks.json', import.meta.url);
const references: readonly Reference[] = JSON.parse(readFileSync(file, 'utf8'));

const build = ({ network, shortcut, size }: Reference, classes: number): Network =>
  networkOf({ name: network, layers: catalogue[network](shortcut ?? 'B') }, { classes, input: [3, ...size] });

const isStatistic = (name: string) => /running_(mean|var)$/.test(name);

const titled = references.map(
  one => [`${one.network}${one.shortcut ? ` ${one.shortcut}` : ''}`, one] as const,
);

test('every named network is compared', () => {
  expect(new Set(references.map(({ network }) => network))).toEqual(new Set(Object.keys(catalogue)));
});

describe.each(titled)('%s', (_name, reference) => {
  test('has as many parameters as in PyTorch', () => {
    const shapes = [...parameterShapes(build(reference, reference.classes))];
    const count = (names: typeof shapes) => names.reduce((total, [, shape]) => total + sizeOf(shape), 0);
    expect(count(shapes.filter(([name]) => !isStatistic(name)))).toBe(reference.parameters);
    const ofTen = [...parameterShapes(build(reference, 10))];
    expect(count(ofTen.filter(([, shape]) => shape.length === 4))).toBe(reference.convolutions);
  });

  test('gives the logits and the gradients that PyTorch gives', async () => {
    const network = build(reference, 10);
    const weights = hashedWeights(network);
    const images = reference.logits.length;
    const chosen = Object.keys(reference.gradients);
    const filters = new Map(chosen.map(name => [name, input(name, weights.get(name)!.shape)]));
    const { logits } = forward(
      network,
      input('images', [images, ...network.input]),
      frozen(weights, ({ weight }) => filters.get(weight)),
    );
    const weighting = Float32Array.from(hashed('logits', images * 10));
    const loss = sum(multiply(logits, constant(weighting, [images, 10])));
    const found = gradients(loss, [...filters.values()]);
    const outputs = { logits, ...Object.fromEntries(chosen.map((name, i) => [`d ${name}`, found[i]!])) };
    const program = await createOnnxEngine(2).compile({ name: 'network', outputs });
    const result: Record<string, { data: Float32Array }> = await program.run({
      images: hashedImages([images, ...network.input]),
      ...Object.fromEntries(chosen.map(name => [name, weights.get(name)!])),
    });
    const expected = reference.logits.flat();
    const largest = Math.max(...expected.map(Math.abs));
    expected.forEach((value, i) => {
      expect(Math.abs(result.logits!.data[i]! - value) / largest, `logit ${i}`).toBeLessThan(1e-5);
    });
    for (const [name, { norm, values }] of Object.entries(reference.gradients)) {
      const { data } = result[`d ${name}`]!;
      const found = Math.sqrt(data.reduce((squares, value) => squares + value ** 2, 0));
      expect(Math.abs(found / norm - 1), name).toBeLessThan(1e-3);
      const every = Math.max(1, Math.floor(data.length / 4));
      const scale = norm / Math.sqrt(data.length);
      // In float32 here and there another one of two values that are all but equal is the maximum.
      values.forEach((value, i) => {
        expect(Math.abs(data[i * every]! - value) / scale, `${name}, value ${i}`).toBeLessThan(5e-2);
      });
    }
    await program.dispose();
  });
});

test('the kernels that are represented are the papers', () => {
  const kernels = (name: NetworkName, shortcut: Shortcut) => {
    const layers = learnableConvolutions(
      networkOf({ name, layers: catalogue[name](shortcut) }, { classes: 10, input: [3, 64, 64] }),
    );
    const count = (size: number) =>
      layers
        .filter(({ shape }) => shape[2] === size)
        .reduce((total, { shape }) => total + shape[0] * shape[1], 0);
    return [count(3), count(1), layers.reduce((total, { shape }) => total + sizeOf(shape), 0)];
  };
  expect(kernels('resnet20', 'A')).toEqual([29_744, 0, 267_696]);
  expect(kernels('resnet20', 'B')).toEqual([29_744, 2_560, 270_256]);
  expect(kernels('resnet56', 'B')).toEqual([94_256, 2_560, 850_864]);
  expect(kernels('resnet18', 'B')).toEqual([1_220_608, 0, 10_985_472]);
});
