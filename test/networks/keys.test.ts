import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { sizeOf, type Tensor } from '../../src/graph/tensor.ts';
import { networkOf } from '../../src/networks/build.ts';
import { catalogue, type NetworkName } from '../../src/networks/catalogue.ts';
import { matchParameters } from '../../src/networks/keys.ts';
import { parameterShapes } from '../../src/networks/network.ts';
import { resnet } from '../../src/networks/resnet.ts';

const network = resnet(8, 'A', 10);
const weights = () =>
  new Map(
    [...parameterShapes(network)].map(([name, shape]) => [
      name,
      { shape, data: new Float32Array(sizeOf(shape)) },
    ]),
  );

test.each([Number.NaN, Number.POSITIVE_INFINITY])(
  'a checkpoint with %s among its weights is refused',
  value => {
    const given = weights();
    given.get('linear.weight')!.data[7] = value;
    const refusal = () => matchParameters(network, given, 'net.pt');
    expect(refusal).toThrow(
      `net.pt: expected \`linear.weight\` of resnet8 to hold finite numbers, got \`${value}\``,
    );
    expect(refusal).toThrow(expect.objectContaining({ kind: 'checkpoint' } satisfies Partial<Failure>));
  },
);

test('what the network has no use for is left out, whatever it holds', () => {
  const given = weights();
  given.set('bn1.num_batches_tracked', { shape: [], data: Float32Array.of(Number.NaN) });
  expect([...matchParameters(network, given, 'net.pt').keys()]).toEqual([...weights().keys()]);
});

describe('a public checkpoint', () => {
  const file = new URL('../fixtures/networks/names.json', import.meta.url);
  const published: Record<string, string[]> = JSON.parse(readFileSync(file, 'utf8'));
  const tensorsOf = (entries: readonly string[]) =>
    new Map(
      entries.map((entry, i) => {
        const [name, ...shape] = entry.split(' ') as [string, ...string[]];
        return [name, { shape: shape.map(Number), data: Float32Array.of(i) }] as const;
      }),
    );
  const networkFor = (name: NetworkName, classes: number) =>
    networkOf({ name, layers: catalogue[name]('B') }, { classes, input: [3, 64, 64] });

  test.each(Object.keys(published))('%s is read by its own names', of => {
    const [name] = of.split(' ') as [NetworkName];
    const network = networkFor(name, name.endsWith('cifar') ? 100 : 1000);
    const tensors = tensorsOf(published[of]!);
    const found = matchParameters(network, tensors, 'net.pt');
    // All but the counters, each once, in the order of the layers: that of every naming.
    const kept = [...tensors].filter(([name]) => !name.endsWith('num_batches_tracked'));
    expect([...found.values()].map(({ data }) => data[0]).sort((a, b) => a! - b!)).toEqual(
      kept.map(([, { data }]) => data[0]),
    );
    expect([...found.keys()]).toEqual([...parameterShapes(network).keys()]);
  });

  test('is read behind whatever prefix all of its names have', () => {
    const tensors = new Map([...weights()].map(([name, tensor]) => [`_orig_mod.model.${name}`, tensor]));
    expect(matchParameters(network, tensors, 'net.pt')).toEqual(weights());
  });

  test('whose network is another one says which it is', () => {
    const tensors = tensorsOf(published['resnet18 of timm']!);
    expect(() => matchParameters(networkFor('resnet34', 1000), tensors, 'net.pt')).toThrow(
      expect.objectContaining({ hint: 'The file holds a resnet18: set `target.network: resnet18`.' }),
    );
  });

  test('that fits in part is reported in full', () => {
    const given: Map<string, Tensor> = weights();
    given.delete('bn1.weight');
    given.set('extra', { shape: [1], data: new Float32Array(1) });
    given.set('conv1.weight', { shape: [16, 3, 5, 5], data: new Float32Array(1200) });
    const failure = failureOf(() => matchParameters(network, given, 'net.pt'));
    expect(failure.message).toBe(
      'net.pt: expected the parameters of resnet8, but the file lacks bn1.weight and has extra besides; ' +
        'and `conv1.weight` of resnet8 to have shape [16, 3, 3, 3], got [16, 3, 5, 5]',
    );
    expect(failure.details).toEqual({
      naming: 'akamaster',
      missing: ['bn1.weight'],
      unexpected: ['extra'],
      misshapen: [{ name: 'conv1.weight', expected: [16, 3, 3, 3], found: [16, 3, 5, 5] }],
    });
  });
});

function failureOf(attempt: () => unknown): Failure {
  try {
    attempt();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('Expected a failure, got none');
}
