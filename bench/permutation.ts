/**
 * Times of the greedy path, the longest part of a target's preparation: `cross-filter` of the ResNets in the folder
 * of real data, and layers of random kernels. The last columns compare the result with the one of comparing every
 * pair, as far as that is feasible.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Tensor } from '../src/graph/tensor.ts';
import { greedyPath, kernelPath } from '../src/nern/greedy-path.ts';
import { kernelDistance, kernelPoints } from '../src/nern/kernel-points.ts';
import { permute } from '../src/nern/permutation.ts';
import { createRandom } from '../src/random.ts';
import { readCheckpoint } from '../src/weights/checkpoint.ts';

const data = process.env.NERN_SWEEP_DATA ?? '../shared/data';
const checkpoints = ['resnet20-12fca82f.th', 'resnet56-4bfd9763.th', 'chenyaofo_cifar100_resnet56.pth'];
const randomKernels = [16_384, 65_536, 262_144];
/** Comparing every pair of more kernels in a layer takes minutes. */
const feasible = 16_384;

interface Case {
  readonly name: string;
  readonly layers: readonly Tensor[];
  readonly repeats: number;
}

async function cases(): Promise<Case[]> {
  const found = checkpoints.map(name => join(data, 'resnet', name)).filter(existsSync);
  const networks = found.map(async path => {
    const { tensors } = await readCheckpoint(path);
    const layers = [...tensors.values()].filter(tensor => tensor.shape.length === 4);
    return { name: path, layers, repeats: 5 };
  });
  const random = randomKernels.map(kernels => ({
    name: 'random',
    layers: [randomLayer(kernels)],
    repeats: kernels > 100_000 ? 1 : 3,
  }));
  return [...(await Promise.all(networks)), ...random];
}

function randomLayer(kernels: number): Tensor {
  const random = createRandom(0, 'bench');
  return {
    shape: [kernels / 64, 64, 3, 3],
    data: Float32Array.from({ length: kernels * 9 }, () => random.normal()),
  };
}

/** Medians of the elapsed time and of the processor time, which other programs disturb less. */
function medians(repeats: number, work: () => void): { elapsed: number; processor: number } {
  const times = Array.from({ length: repeats }, () => {
    const start = performance.now();
    const before = process.cpuUsage();
    work();
    return { elapsed: performance.now() - start, processor: process.cpuUsage(before).user / 1000 };
  });
  const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(repeats / 2)]!;
  return { elapsed: median(times.map(t => t.elapsed)), processor: median(times.map(t => t.processor)) };
}

/** The summed similarity of each kernel to the next one, and whether comparing every pair gives the same path. */
function compare(layers: readonly Tensor[]): { similarity: number; same: string } {
  let similarity = 0;
  let same = true;
  for (const { shape, data } of layers) {
    const points = kernelPoints(data, shape[2]! * shape[3]!);
    const path = kernelPath(points);
    for (let j = 1; j < path.length; j++) {
      const distance = kernelDistance(points, path[j - 1]!, path[j]!);
      similarity += points.size === 1 ? -distance : 1 - distance / 2;
    }
    if (points.count > feasible) return { similarity, same: 'not compared' };
    const everyPair = greedyPath(points.count, (a, b) => kernelDistance(points, a, b));
    same &&= everyPair.every((kernel, j) => kernel === path[j]);
  }
  return { similarity, same: same ? 'same path' : 'DIFFERENT' };
}

console.log('| target | kernels | median ms (of) | processor ms | total similarity | every pair |');
console.log('|---|--:|--:|--:|--:|---|');
for (const { name, layers, repeats } of await cases()) {
  const kernels = layers.reduce((sum, { shape }) => sum + shape[0]! * shape[1]!, 0);
  const { elapsed, processor } = medians(repeats, () => permute(layers, 'cross-filter'));
  const { similarity, same } = compare(layers);
  console.log(
    `| ${name} | ${kernels} | ${elapsed.toFixed(0)} (${repeats}) | ${processor.toFixed(0)} | ${similarity.toFixed(3)} | ${same} |`,
  );
}
