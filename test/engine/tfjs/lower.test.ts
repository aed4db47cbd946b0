import { describe, expect, test } from 'vitest';
import type { Strength } from '../../../src/engine/tfjs/context.ts';
import type { Call, Instruction, Loop } from '../../../src/engine/tfjs/emitter.ts';
import { lower } from '../../../src/engine/tfjs/lower.ts';
import type { Scheduled } from '../../../src/engine/tfjs/schedule.ts';
import { convolution } from '../../../src/graph/convolution.ts';
import { add, exponential, multiply, relu } from '../../../src/graph/elementwise.ts';
import { gradients } from '../../../src/graph/gradient.ts';
import { linear } from '../../../src/graph/linear.ts';
import { sum } from '../../../src/graph/reduction.ts';
import { sumOverSlices } from '../../../src/graph/sequence.ts';
import { sizeOf, type Tensor } from '../../../src/graph/tensor.ts';
import { constant, input, type Value } from '../../../src/graph/value.ts';
import { featureMapLoss } from '../../../src/nern/losses/feature-map-loss.ts';
import { forward, frozen } from '../../../src/networks/forward.ts';
import { learnableConvolutions, parameterShapes } from '../../../src/networks/network.ts';
import { resnet } from '../../../src/networks/resnet.ts';

const strengths = new Set<Strength>(['transposed factors', 'input gradients', 'filter gradients']);
const isCall = (instruction: Instruction): instruction is Call => 'kernel' in instruction;
const kernels = (steps: readonly Scheduled[]) =>
  steps.map(({ instruction }) => (isCall(instruction) ? instruction.kernel : 'loop'));

test('a constant part is computed once for all runs', () => {
  const x = input('x', [2]);
  const plan = lower(
    { name: 'p', outputs: { y: add(x, exponential(constant(Float32Array.of(1, 2)))) } },
    strengths,
  );
  expect(kernels(plan.once)).toEqual(['Exp']);
  expect(kernels(plan.each)).toEqual(['Add']);
});

test('what is computed twice is computed once', () => {
  const x = input('x', [2]);
  const plan = lower({ name: 'p', outputs: { y: multiply(exponential(x), exponential(x)) } }, strengths);
  expect(kernels(plan.each)).toEqual(['Exp', 'Multiply']);
});

test('what does not depend on the slice is computed outside of the loop', () => {
  const [x, y] = [input('x', [6, 2]), input('y', [2])];
  const outputs = { z: sumOverSlices(x, 2, slice => sum(multiply(slice, exponential(y)), [0])) };
  const { each } = lower({ name: 'p', outputs }, strengths);
  expect(kernels(each)).toEqual(['Exp', 'loop']);
  expect(kernels(each[1]!.body)).toEqual(['Multiply', 'Sum']);
});

test('each tensor is given back after its last use, once; results and constants are not', () => {
  const x = input('x', [2]);
  const a = exponential(x);
  const plan = lower({ name: 'p', outputs: { a, y: relu(add(multiply(a, a), x)) } }, strengths);
  expect(plan.each.map(({ dead }) => dead.length)).toEqual([0, 0, 2, 1]);
  const dead = plan.each.flatMap(({ dead }) => dead);
  expect(new Set(dead).size).toBe(dead.length);
  for (const { slot } of plan.outputs) expect(dead).not.toContain(slot.index);
});

test('a ReLU is done together with a convolution or a linear layer that nothing else needs', () => {
  const filters = input('filters', [4, 3, 3, 3]);
  const bias = constant(new Float32Array(4));
  const convolved = convolution(input('x', [1, 3, 5, 5]), filters, bias, { stride: 1, padding: 1 });
  const layer = linear(input('rows', [2, 3]), input('weight', [4, 3]), bias);
  const relus = (outputs: Record<string, Value>) =>
    kernels(lower({ name: 'p', outputs }, strengths).each).filter(kernel => kernel === 'Relu').length;
  expect(relus({ y: relu(convolved), z: relu(layer) })).toBe(0);
  expect(relus({ y: relu(convolved), z: relu(layer), convolved, layer })).toBe(2);
});

describe.each(['A', 'B'] as const)('the inside of a ResNet20 with shortcut %s', shortcut => {
  const network = resnet(20, shortcut, 10);
  const ones = (shape: readonly number[]): Tensor => ({
    shape,
    data: new Float32Array(sizeOf(shape)).fill(1),
  });
  const weights = new Map([...parameterShapes(network)].map(([name, shape]) => [name, ones(shape)]));
  const layers = learnableConvolutions(network);
  const filters = new Map(layers.map(({ weight, shape }) => [weight, input(weight, shape)]));
  const predicted = frozen(weights, ({ weight }) => filters.get(weight)!);

  test.each([true, false])('never changes its layout, own kernels for gradients: %s', kernels => {
    const outputs = {
      gradient: sumOverSlices(input('images', [8, 3, 32, 32]), 4, slice => {
        const original = forward(network, slice, frozen(weights));
        const reconstructed = forward(network, slice, predicted);
        const loss = featureMapLoss(reconstructed.maps, original.maps);
        const all = gradients(add(loss, sum(reconstructed.logits)), [...filters.values()]);
        return all.map(gradient => sum(gradient)).reduce(add) as Value;
      }),
    };
    const { each } = lower({ name: 'p', outputs }, new Set(kernels ? strengths : []));
    const loop = each.find(({ instruction }) => !isCall(instruction))!.instruction as Loop;
    const moved = loop.body
      .filter(isCall)
      .filter(({ kernel }) => kernel === 'Transpose')
      .map(({ output }) => output.shape);
    // The images, once; then what the gradient of each layer's filters takes and gives, where two layers may take the
    // same feature map (a shortcut with filters).
    const shared = shortcut === 'B' ? 2 : 0;
    expect(moved.length).toBe(1 + layers.length * (kernels ? 1 : 3) - (kernels ? 0 : shared));
    expect(moved[0]).toEqual([4, 32, 32, 3]);
  });
});
