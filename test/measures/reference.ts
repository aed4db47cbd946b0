import { readFileSync } from 'node:fs';
import { cifarValues as imageSize } from '../../src/data/cifar-binary.ts';
import { inMemory } from '../../src/data/image-set.ts';
import type { Images } from '../../src/data/images.ts';
import { normalizations } from '../../src/data/normalize.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { kernelsOf, type Layer } from '../../src/measures/layers.ts';
import { targetKernels } from '../../src/nern/target-kernels.ts';
import { matchParameters } from '../../src/networks/keys.ts';
import { learnableConvolutions } from '../../src/networks/network.ts';
import { resnet } from '../../src/networks/resnet.ts';
import { readSafetensors } from '../../src/weights/safetensors.ts';

/** What PyTorch says of a tiny network and a disturbed copy of it (bench/peers/measures_reference.py). */
const folder = new URL('../fixtures/measures/', import.meta.url);
export const reference = JSON.parse(readFileSync(new URL('measures.json', folder), 'utf8'));
const tensors = readSafetensors(readFileSync(new URL('measures.safetensors', folder)), 'measures');

/** A recorded tensor. */
export const recorded = (name: string): Tensor => tensors.get(name)!;

export const network = resnet(8, 'B', 10, [4, 6, 8]);
export const convolutions = learnableConvolutions(network);
const ofTarget = [...tensors].flatMap(([name, tensor]) =>
  name.startsWith('target/') ? [[name.slice('target/'.length), tensor] as const] : [],
);
export const target = {
  network,
  weights: matchParameters(network, new Map(ofTarget), 'fixture'),
  sha256: '',
};
export const kernels = targetKernels(network, target.weights);

/** The fixtures have the names of other checkpoints: `downsample` for `shortcut`. */
const recordedName = (name: string) => name.replace('.shortcut.', '.downsample.');

/** The layers recorded under `prefix`, in the network's order. */
export const layersUnder = (prefix: string): Layer[] =>
  convolutions.map(({ weight }) => ({ ...recorded(`${prefix}/${recordedName(weight)}`), name: weight }));

/** What PyTorch says of a layer. */
export const ofLayer = (name: string) => reference.layers[recordedName(name)];

/** The table of kernels of the layers recorded under `prefix`. */
export const kernelsUnder = (prefix: string) => kernelsOf(layersUnder(prefix), 9, convolutions);

const records = readFileSync(new URL('images.bin', folder));
const count = records.length / (1 + imageSize);
const record = (i: number) => records.subarray(i * (1 + imageSize), (i + 1) * (1 + imageSize));
export const images: Images = {
  count,
  channels: 3,
  height: 32,
  width: 32,
  classes: 10,
  labels: Uint8Array.from({ length: count }, (_, i) => record(i)[0]!),
  pixels: new Uint8Array(Buffer.concat(Array.from({ length: count }, (_, i) => record(i).subarray(1)))),
};
export const sample = { images: inMemory(images), normalization: normalizations.imagenet };
