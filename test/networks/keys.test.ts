import { expect, test } from 'vitest';
import type { Failure } from '../../src/failure.ts';
import { sizeOf } from '../../src/graph/tensor.ts';
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
