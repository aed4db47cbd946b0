import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createOnnxEngine } from '../../src/engine/onnx/engine.ts';
import { input } from '../../src/graph/value.ts';
import { forward, frozen } from '../../src/networks/forward.ts';
import { matchParameters } from '../../src/networks/keys.ts';
import { learnableConvolutions } from '../../src/networks/network.ts';
import { readNetworkFile } from '../../src/target/network-file.ts';
import { hashedImages } from './hashed.ts';

/** Networks as PyTorch exports them, and what it computes with them (bench/peers/onnx_reference.py). */
const folder = new URL('../fixtures/onnx/', import.meta.url);
const { shape, logits }: { shape: [number, number, number, number]; logits: Record<string, number[][]> } =
  JSON.parse(readFileSync(new URL('onnx.json', folder), 'utf8'));
const fileOf = (name: string) => fileURLToPath(new URL(`${name}.onnx`, folder));
const task = { classes: 10, input: [3, 32, 32] } as const;

test.each(Object.entries(logits))('%s gives the logits that PyTorch gives', async (name, expected) => {
  const { network, tensors } = await readNetworkFile(fileOf(name), task);
  const weights = matchParameters(network, tensors!, name);
  const { logits } = forward(network, input('images', shape), frozen(weights));
  const program = await createOnnxEngine(1).compile({ name, outputs: { logits } });
  const result = await program.run({ images: hashedImages(shape) });
  expect(result.logits.shape).toEqual([2, 10]);
  expected.flat().forEach((value, i) => {
    expect(Math.abs(result.logits.data[i]! - value)).toBeLessThan(1e-5);
  });
});

test('names of parameters are kept where the exporter kept them, and 1x1 and 3x3 kernels are represented', async () => {
  const { network } = await readNetworkFile(fileOf('kept'), task);
  const names = learnableConvolutions(network).map(({ weight, norm }) => [weight, norm]);
  expect(names).toEqual([
    ['conv2.weight', 'bn2'],
    ['squeeze.weight', undefined],
    ['one.weight', undefined],
    ['three.weight', undefined],
  ]);
});
