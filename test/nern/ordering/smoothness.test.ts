import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { createOnnxEngine } from '../../../src/engine/onnx/engine.ts';
import { gradients } from '../../../src/graph/gradient.ts';
import type { Executable } from '../../../src/graph/program.ts';
import type { Tensor } from '../../../src/graph/tensor.ts';
import { input, type Value } from '../../../src/graph/value.ts';
import { kernelCount } from '../../../src/nern/coordinates.ts';
import { smoothnessTerm } from '../../../src/nern/losses/smoothness-term.ts';
import { type Smoothness, smoothnessLoss } from '../../../src/nern/ordering/smoothness.ts';
import { readSafetensors } from '../../../src/weights/safetensors.ts';

/** The smoothness terms of a 3x3 layer and a 1x1 layer, by PyTorch (bench/peers/original_reference.py). */
const folder = new URL('../../fixtures/original/', import.meta.url);
const reference = JSON.parse(readFileSync(new URL('original.json', folder), 'utf8'))
  .smoothness as (Smoothness & {
  readonly value: number;
})[];
const tensors = readSafetensors(
  readFileSync(new URL('original.safetensors', folder)),
  'original.safetensors',
);
const layers = ['kernels/0', 'kernels/1'].map(name => tensors.get(name)!);
const rows = Uint32Array.from({ length: kernelCount(layers) }, (_, i) => i);

describe.each(reference)('smoothness by $distance of $neighbours neighbours', ({ value, ...smoothness }) => {
  let program: Executable;
  beforeAll(async () => {
    const inputs = layers.map(({ shape }, i) => input(`x${i}`, shape));
    const term = smoothnessTerm(inputs, smoothness);
    const [g0, g1] = gradients(term, inputs) as [Value, Value];
    program = await createOnnxEngine(1).compile({ name: 'smoothness', outputs: { term, g0, g1 } });
  });

  it('is what PyTorch computes', async () => {
    const { term } = await program.run({ x0: layers[0]!, x1: layers[1]! });
    expect(Math.abs(term!.data[0]! / value - 1)).toBeLessThan(1e-6);
    expect(Math.abs(smoothnessLoss(layers, rows, smoothness) / value - 1)).toBeLessThan(1e-6);
  });

  it('has the gradient that finite differences of its value in float64 have', async () => {
    const got = await program.run({ x0: layers[0]!, x1: layers[1]! });
    const step = 2 ** -10;
    for (const [i, { data, shape }] of layers.entries()) {
      const at = (j: number, by: number): Tensor[] =>
        layers.map((layer, k) => (k === i ? { shape, data: data.with(j, data[j]! + by) } : layer));
      for (let j = 0; j < data.length; j++) {
        const [above, below] = [step, -step].map(by => smoothnessLoss(at(j, by), rows, smoothness));
        const difference = (above! - below!) / (2 * step);
        expect(Math.abs(got[`g${i}`]!.data[j]! - difference), `${i}, ${j}`).toBeLessThan(1e-3);
      }
    }
  });
});

describe('the smoothness term', () => {
  it('of kernels of zeros, and of equal ones, has a gradient', async () => {
    const shape = [2, 2, 3, 3];
    const x = input('x', shape);
    for (const distance of ['cosine', 'l2'] as const) {
      const term = smoothnessTerm([x], { distance, neighbours: 'all' });
      const [gradient] = gradients(term, [x]) as [Value];
      const program = await createOnnxEngine(1).compile({ name: 'zeros', outputs: { term, gradient } });
      for (const value of [0, 0.5]) {
        const got = await program.run({ x: { shape, data: new Float32Array(36).fill(value) } });
        expect(got.gradient!.data.every(Number.isFinite), `${distance} ${value}`).toBe(true);
      }
    }
  });
});
