import { type NernFile, shapesOf } from '../../src/format/nern-file.ts';
import type { NernHeader } from '../../src/format/nern-header.ts';
import { digestOf } from '../../src/format/original.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { permute } from '../../src/nern/ordering/permutation.ts';
import { parameterCount } from '../../src/nern/predictor/predictor-shapes.ts';
import { createRandom } from '../../src/random.ts';

const random = createRandom(0, 'sample');
const tensor = (...shape: number[]): Tensor => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
});

/** A network of two convolutions of different sizes, and what is copied. */
export const original = new Map<string, Tensor>([
  ['stem.weight', tensor(4, 3, 3, 3)],
  ['bn.weight', tensor(4)],
  ['bn.num_batches_tracked', { shape: [], data: Float32Array.of(391) }],
  ['down.weight', tensor(5, 4, 1, 1)],
  ['head.weight', tensor(2, 5)],
]);

const layers = ['stem.weight', 'down.weight'];

const header: NernHeader = {
  network: 'sample',
  layers: layers.map(name => [name, original.get(name)!.shape as [number, number, number, number]]),
  predictor: {
    hidden: 6,
    layers: 3,
    architecture: 'nerf',
    activation: 'gelu',
    resample: 'average',
    embedding: { method: 'positional', base: 0.76, levels: 2, fusion: 'concatenate', normalize: 'none' },
  },
  permutation: 'cross-filter',
  copied: digestOf([...original].filter(([name]) => !layers.includes(name))),
  predicted: '0'.repeat(64),
  engine: { name: 'onnx:cpu', versions: { 'onnxruntime-node': '0' } },
  run: { name: 'sweep/cell/seed-0', key: 'key' },
};

/** A .nern file of that network. */
export const sample: NernFile = {
  header,
  parameters: tensor(parameterCount(shapesOf(header))).data,
  permutations: permute(
    layers.map(name => original.get(name)!),
    'cross-filter',
  ),
};
