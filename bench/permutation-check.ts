/**
 * The greedy path over a layer of 262,144 kernels beside that of comparing every pair: ten to twenty minutes of one core.
 *   tsx bench/permutation-check.ts random | real
 */
import { join } from 'node:path';
import { kernelPath } from '../src/nern/greedy-path.ts';
import { type KernelPoints, kernelDistance, kernelPoints } from '../src/nern/kernel-points.ts';
import { everyPairPath } from './every-pair.ts';
import { randomResnet18, realLayers, realLikeResnet18 } from './permutation-layers.ts';

const data = process.env.NERN_SWEEP_DATA ?? '../shared/data';
const [kind = 'random', limit = '262144'] = process.argv.slice(2);
const layers =
  kind === 'real' ? realLikeResnet18((await realLayers(join(data, 'resnet'))).values()) : randomResnet18();
const size = 9;
const points = kernelPoints(layers.at(-1)!.data.subarray(0, Number(limit) * size), size);

function timed<T>(work: () => T): [T, number] {
  const { user } = process.cpuUsage();
  const result = work();
  return [result, (process.cpuUsage().user - user) / 1e6];
}

/** The sum of each kernel's similarity to the next one. */
function similarity(points: KernelPoints, path: Uint32Array): number {
  let sum = 0;
  for (let j = 1; j < path.length; j++) sum += 1 - kernelDistance(points, path[j - 1]!, path[j]!) / 2;
  return sum;
}

const [path, seconds] = timed(() => kernelPath(points));
const [expected, everyPair] = timed(() => everyPairPath(points));
const differing = path.findIndex((kernel, j) => kernel !== expected[j]);
console.log(
  `| ${kind} | ${points.count} | ${seconds.toFixed(1)} | ${everyPair.toFixed(0)} | ` +
    `${similarity(points, path)} | ${similarity(points, expected)} | ` +
    `${differing === -1 ? 'same path' : `DIFFERENT from place ${differing} on`} |`,
);
