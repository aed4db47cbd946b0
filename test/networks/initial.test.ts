import { describe, expect, test } from 'vitest';
import { networkOf } from '../../src/networks/build.ts';
import { initialNetwork } from '../../src/networks/initial.ts';
import { cifarResnet } from '../../src/networks/resnet.ts';
import { namedTensors } from '../../src/networks/slots.ts';
import { createRandom } from '../../src/random.ts';

const network = networkOf(
  { name: 'resnet8', layers: cifarResnet(8, 'B') },
  { classes: 10, input: [3, 32, 32] },
);
const drawn = (init: Parameters<typeof initialNetwork>[1], seed = 0) =>
  namedTensors(network, initialNetwork(network, init, createRandom(seed, 'target')));

const deviationOf = (values: Float32Array) =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

describe('a fresh network', () => {
  test.each([
    ['fan-in', Math.sqrt(2 / (32 * 9)), Math.sqrt(2 / (16 * 9)), Math.sqrt(2 / 64)],
    ['fan-out', Math.sqrt(2 / (64 * 9)), Math.sqrt(2 / (32 * 9)), 1 / Math.sqrt(3 * 64)],
    ['uniform', 1 / Math.sqrt(3 * 32 * 9), 1 / Math.sqrt(3 * 16 * 9), 1 / Math.sqrt(3 * 64)],
  ] as const)('by %s has filters and a classifier of these deviations', (init, third, second, head) => {
    const tensors = drawn(init);
    const deviation = (name: string) => deviationOf(tensors.get(name)!.data);
    expect(Math.abs(deviation('layer3.0.conv1.weight') / third - 1)).toBeLessThan(0.04);
    expect(Math.abs(deviation('layer2.0.conv1.weight') / second - 1)).toBeLessThan(0.04);
    expect(Math.abs(deviation('linear.weight') / head - 1)).toBeLessThan(0.06);
  });

  test('has norms of 1 and 0, and a bias within the root of its layer', () => {
    const tensors = drawn('fan-in');
    for (const [part, value] of Object.entries({ weight: 1, bias: 0, running_mean: 0, running_var: 1 }))
      expect(new Set(tensors.get(`layer1.0.bn1.${part}`)!.data)).toEqual(new Set([value]));
    const bias = tensors.get('linear.bias')!.data;
    expect(Math.max(...bias.map(Math.abs))).toBeLessThan(1 / 8);
    expect(deviationOf(bias)).toBeGreaterThan(0.03);
  });

  test('is drawn from its seed', () => {
    const filters = (seed: number) => [...drawn('fan-in', seed).get('conv1.weight')!.data];
    expect(filters(1)).toEqual(filters(1));
    expect(filters(1)).not.toEqual(filters(2));
  });
});
