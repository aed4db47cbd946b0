import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createOnnxEngine } from '../../src/engine/onnx/engine.ts';
import { input } from '../../src/graph/value.ts';
import { networkOf } from '../../src/networks/build.ts';
import { catalogue } from '../../src/networks/catalogue.ts';
import { forward, frozen } from '../../src/networks/forward.ts';
import { readNetworkFile } from '../../src/target/network-file.ts';
import { hashedImages, hashedWeights } from './hashed.ts';

const task = { classes: 10, input: [3, 32, 32] } as const;
const list = (name: string) => fileURLToPath(new URL(`../../docs/networks/${name}.yaml`, import.meta.url));

test('the list of resnet18-cifar is the network of that name', async () => {
  const { network } = await readNetworkFile(list('resnet18-cifar'), task);
  expect(network).toEqual(networkOf({ name: 'resnet18-cifar', layers: catalogue['resnet18-cifar']() }, task));
});

test('with a max-pool behind the stem it gives the logits that PyTorch gives', async () => {
  const { network } = await readNetworkFile(list('resnet18-cifar-pooled'), task);
  const file = new URL('../fixtures/networks/pooled.json', import.meta.url);
  const { logits: expected }: { logits: number[][] } = JSON.parse(readFileSync(file, 'utf8'));
  const shape = [expected.length, 3, 32, 32];
  const { logits } = forward(network, input('images', shape), frozen(hashedWeights(network)));
  const program = await createOnnxEngine(1).compile({ name: 'pooled', outputs: { logits } });
  const { logits: found } = await program.run({ images: hashedImages(shape) });
  const all = expected.flat();
  expect(all.length).toBe(20);
  all.forEach((value, i) => {
    expect(Math.abs(found!.data[i]! - value), `logit ${i}`).toBeLessThan(1e-5);
  });
});
