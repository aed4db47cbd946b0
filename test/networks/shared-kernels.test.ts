import { expect, test } from 'vitest';
import { createOnnxEngine } from '../../src/engine/onnx/engine.ts';
import { multiply } from '../../src/graph/elementwise.ts';
import { gradients } from '../../src/graph/gradient.ts';
import { sum } from '../../src/graph/reduction.ts';
import { input, type Value } from '../../src/graph/value.ts';
import { networkOf } from '../../src/networks/build.ts';
import { forward, frozen } from '../../src/networks/forward.ts';
import type { Layer } from '../../src/networks/layer.ts';
import { learnableConvolutions, learnableParameters } from '../../src/networks/network.ts';
import { hashed, hashedImages, hashedWeights } from './hashed.ts';

const task = { classes: 4, input: [3, 6, 6] } as const;

/** Two convolutions of three filters in a row, by these names. */
const twoConvolutions = (first: string, second: string) => {
  const convolution = { kind: 'convolution', filters: 3, size: 3 } as const;
  const layers: Layer[] = [
    { ...convolution, name: first, to: 'a' },
    { kind: 'relu' },
    { ...convolution, name: second, to: 'b' },
    { kind: 'average' },
    { kind: 'linear', name: 'fc' },
  ];
  return networkOf({ name: 'net', layers }, task);
};

/** The gradients of the sum of squared logits for kernels that are given by the names of their weights. */
async function gradientsFor(network: ReturnType<typeof twoConvolutions>) {
  const kernelShape = [3, 3, 3, 3];
  const kernels = new Map<string, Value>();
  const own = (name: string) => kernels.get(name) ?? kernels.set(name, input(name, kernelShape)).get(name)!;
  const parameters = frozen(hashedWeights(network), ({ weight }) => own(weight));
  const { logits } = forward(network, input('images', [2, ...task.input]), parameters);
  const of = gradients(sum(multiply(logits, logits), [0, 1]), [...kernels.values()]);
  const names = [...kernels.keys()];
  const engine = await createOnnxEngine(1);
  const program = await engine.compile({
    name: 'net',
    outputs: Object.fromEntries(names.map((name, i) => [`d${name}`, of[i]!])),
  });
  const given = { shape: kernelShape, data: new Float32Array(hashed('kernels', 81)) };
  const result = await program.run({
    images: hashedImages([2, ...task.input]),
    ...Object.fromEntries(names.map(name => [name, given])),
  });
  return names.map(name => [...result[`d${name}`]!.data]);
}

test('kernels that two convolutions have are one tensor, and their gradient is the sum of both', async () => {
  const [shared, apart] = [twoConvolutions('k', 'k'), twoConvolutions('k', 'l')];
  expect(learnableConvolutions(shared).map(({ weight }) => weight)).toEqual(['k.weight']);
  expect([learnableParameters(shared), learnableParameters(apart)]).toEqual([81, 162]);
  const [[both], [first, second]] = [await gradientsFor(shared), await gradientsFor(apart)];
  expect(both!.some(value => Math.abs(value) > 1e-3)).toBe(true);
  both!.forEach((value, i) => {
    expect(Math.abs(value - first![i]! - second![i]!)).toBeLessThan(1e-5);
  });
});

test('kernels of two shapes cannot have one name', () => {
  const layers: Layer[] = [
    { kind: 'convolution', name: 'k', filters: 3, size: 3, to: 'a' },
    { kind: 'convolution', name: 'k', filters: 4, size: 3, to: 'b' },
    { kind: 'average' },
  ];
  expect(() => networkOf({ name: 'net', layers }, task)).toThrow(
    'Expected `name` of layer 1 (convolution `k`) of net to be that of kernels [4, 3, 3, 3], got `of [3, 3, 3, 3]`',
  );
});
