import { expect, it } from 'vitest';
import { createOnnxEngine } from '../../src/engine/onnx/engine.ts';
import { Failure } from '../../src/failure.ts';
import { readNern, writeNern } from '../../src/format/nern-file.ts';
import { rebuild, reconstruct } from '../../src/product/reconstruction.ts';
import { original, sample } from '../format/sample.ts';

const engine = createOnnxEngine(1);
const files = ['sample.nern', 'original.pth'] as const;

it('gives the network back, in the order of the original and with all that is copied', async () => {
  const file = readNern(writeNern(sample), 'file');
  const { network, predicted } = await reconstruct(file, original, engine, files);
  const expected = await rebuild(sample, original, engine);
  expect([...network]).toEqual([...expected.network]);
  expect(predicted).toBe(expected.predicted);
  expect([...network.keys()]).toEqual([...original.keys()]);
  for (const name of ['bn.weight', 'bn.num_batches_tracked', 'head.weight'])
    expect(network.get(name)).toBe(original.get(name));
  for (const name of ['stem.weight', 'down.weight']) {
    expect(network.get(name)!.shape).toEqual(original.get(name)!.shape);
    expect(network.get(name)!.data).not.toEqual(original.get(name)!.data);
  }
});

it('needs of the original only what is copied', async () => {
  const rest = new Map([...original].filter(([, { shape }]) => shape.length < 4));
  const { predicted } = await reconstruct(sample, rest, engine, files);
  expect(predicted).toBe((await rebuild(sample, original, engine)).predicted);
});

it('refuses another original', async () => {
  const other = new Map(original).set('head.weight', { shape: [2, 5], data: new Float32Array(10) });
  const failure = await reconstruct(sample, other, engine, files).catch(error => error);
  expect(failure).toBeInstanceOf(Failure);
  expect(failure.message).toBe(
    'Expected original.pth to be the original of sample.nern, got other tensors beside its convolutions',
  );
});
