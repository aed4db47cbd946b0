/**
 * Permutations of the ResNets in the folder of real data and of all layers of ResNet18: how long they take, side by
 * side in threads, how smooth they are (NeRN, eq. 6), and whether comparing every pair gives the same paths, as far as
 * that is feasible here (bench/permutation-check.ts does it for the largest layer).
 *   npm run build && tsx bench/permutation.ts [threads] [part of a case's name] [permutation]
 */
import { join } from 'node:path';
import type { Tensor } from '../src/graph/tensor.ts';
import { kernelPath } from '../src/nern/ordering/greedy-path.ts';
import { kernelDissimilarity, kernelPoints } from '../src/nern/ordering/kernel-points.ts';
import { type PermutationMode, permutedRows } from '../src/nern/ordering/permutation.ts';
import { smoothnessLoss } from '../src/nern/ordering/smoothness.ts';
import { permuteLayers } from '../src/target/permute-layers.ts';
import { everyPairPath } from './every-pair.ts';
import { randomResnet18, realLayers, realLikeResnet18 } from './permutation-layers.ts';

const data = process.env.NERN_SWEEP_DATA ?? '../shared/data';
const [threads = '2', pattern = '', wanted = ''] = process.argv.slice(2);
/** Comparing every pair of more kernels in a layer takes minutes. */
const feasible = 16_384;

const real = await realLayers(join(data, 'resnet'));
const cases = new Map<string, readonly Tensor[]>([
  ...real,
  ['ResNet18, random kernels', randomResnet18()],
  ...(real.size > 0 ? [['ResNet18, trained kernels', realLikeResnet18(real.values())] as const] : []),
]);

/** Whether the paths of the layers that are small enough are those of comparing every pair. */
function compare(layers: readonly Tensor[]): string {
  const small = layers.filter(({ shape }) => shape[0]! * shape[1]! <= feasible);
  for (const { shape, data } of small) {
    const points = kernelPoints(data, shape[2]! * shape[3]!);
    const expected = everyPairPath(points);
    if (kernelPath(points).some((kernel, j) => kernel !== expected[j])) return 'DIFFERENT';
  }
  return `same, ${small.length} of ${layers.length} layers`;
}

/** The summed similarity of each kernel to the next one on the cross-filter paths. */
function similarity(
  layers: readonly Tensor[],
  permutations: Awaited<ReturnType<typeof permuteLayers>>,
): number {
  let sum = 0;
  for (const [l, { shape, data }] of layers.entries()) {
    const points = kernelPoints(data, shape[2]! * shape[3]!);
    const permutation = permutations[l]!;
    if (permutation.mode !== 'cross-filter') continue;
    const { kernels } = permutation;
    for (let j = 1; j < kernels.length; j++)
      sum += 1 - kernelDissimilarity(points, kernels[j - 1]!, kernels[j]!);
  }
  return sum;
}

const ways: [string, PermutationMode, number][] = [
  ['none', 'none', 0],
  ['in-filter', 'in-filter', 0],
  ['in-filter, 2-opt', 'in-filter', 50],
  ['cross-filter', 'cross-filter', 0],
  ['cross-filter, 2-opt', 'cross-filter', 50],
];

console.log(
  `| layers | kernels | permutation | seconds, ${threads} threads | similarity | eq. 6 | every pair |`,
);
console.log('|---|--:|---|--:|--:|--:|---|');
for (const [name, layers] of [...cases].filter(([name]) => name.includes(pattern))) {
  const kernels = layers.reduce((sum, { shape }) => sum + shape[0]! * shape[1]!, 0);
  for (const [way, mode, twoOpt] of ways.filter(([way]) => wanted === '' || way === wanted)) {
    const start = performance.now();
    const permutations = await permuteLayers(layers, mode, twoOpt, Number(threads));
    const seconds = (performance.now() - start) / 1000;
    const greedy = mode === 'cross-filter' && twoOpt === 0;
    const cells = [
      seconds.toFixed(2),
      mode === 'cross-filter' ? similarity(layers, permutations).toFixed(1) : '',
      smoothnessLoss(layers, permutedRows(layers, permutations)).toFixed(0),
      greedy ? compare(layers) : '',
    ];
    console.log(`| ${name} | ${kernels} | ${way} | ${cells.join(' | ')} |`);
  }
}
