import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Tensor } from '../src/graph/tensor.ts';
import { createRandom } from '../src/random.ts';
import { readCheckpoint } from '../src/weights/checkpoint.ts';

/** The represented convolutions of ResNet18: filters and channels of the 3x3 in its four stages. */
const resnet18 = [64, 128, 256, 512].flatMap((filters, stage) =>
  [0, 1, 2, 3].map(i => [filters, stage > 0 && i === 0 ? filters / 2 : filters] as const),
);

/** The represented convolutions of the CIFAR ResNets in the folder of real data, by the file's name. */
export async function realLayers(folder: string): Promise<Map<string, Tensor[]>> {
  const names = [
    'resnet20-12fca82f.th',
    'resnet56-4bfd9763.th',
    'chenyaofo_cifar10_resnet20.pth',
    'chenyaofo_cifar100_resnet20.pth',
    'chenyaofo_cifar100_resnet56.pth',
  ];
  const layers = new Map<string, Tensor[]>();
  for (const name of names.filter(name => existsSync(join(folder, name)))) {
    const { tensors } = await readCheckpoint(join(folder, name));
    layers.set(
      name,
      [...tensors.values()].filter(({ shape }) => shape.length === 4),
    );
  }
  return layers;
}

/** ResNet18's layers of normal random numbers: the hard case, for there is no structure. */
export function randomResnet18(): Tensor[] {
  const random = createRandom(0, 'bench');
  return resnet18.map(([filters, channels]) => ({
    shape: [filters, channels, 3, 3],
    data: Float32Array.from({ length: filters * channels * 9 }, () => random.normal()),
  }));
}

/**
 * ResNet18's layers of trained kernels: those of the CIFAR ResNets, as many of them one after the other as it takes,
 * each with noise of a twentieth of its norm, so that none comes twice.
 */
export function realLikeResnet18(layers: Iterable<readonly Tensor[]>): Tensor[] {
  const random = createRandom(0, 'bench');
  const pool = [...layers].flat().filter(({ shape }) => shape[2] === 3);
  const values = pool.flatMap(({ data }) => [...data]);
  let at = 0;
  return resnet18.map(([filters, channels]) => {
    const data = new Float32Array(filters * channels * 9);
    for (let kernel = 0; kernel < data.length; kernel += 9) {
      const row = Array.from({ length: 9 }, () => values[at++ % values.length]!);
      const norm = Math.hypot(...row);
      data.set(
        row.map(value => value + (norm / 60) * random.normal()),
        kernel,
      );
    }
    return { shape: [filters, channels, 3, 3], data };
  });
}
