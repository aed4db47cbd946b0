import { expect, it } from 'vitest';
import { permute } from '../../src/nern/ordering/permutation.ts';
import { createRandom } from '../../src/random.ts';
import { permuteLayers } from '../../src/target/permute-layers.ts';

const random = createRandom(0, 'layers');
const layer = (...shape: number[]) => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.normal()),
});

it('orders the layers in threads as in one', async () => {
  const layers = [layer(8, 3, 3, 3), layer(160, 160, 1, 1), layer(160, 160, 3, 3), layer(16, 16, 1, 1)];
  expect(await permuteLayers(layers, 'cross-filter', 0, 3)).toEqual(permute(layers, 'cross-filter'));
});

it('fails where a thread does', async () => {
  const layers = [
    layer(160, 160, 3, 3),
    { shape: [160, 160, 1, 1], data: new Float32Array(25_600).fill(Number.NaN) },
  ];
  await expect(permuteLayers(layers, 'cross-filter', 0, 2)).rejects.toThrow('to be finite');
});
