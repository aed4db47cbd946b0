/**
 * The greedy path over a layer of 262,144 kernels beside that of comparing every pair: some ten minutes of one core. Or,
 * in seconds, so many of its steps, each beside all kernels that were not yet visited then.
 *   tsx bench/permutation-check.ts random | real [kernels] [steps]
 */
import { join } from 'node:path';
import { kernelPath } from '../src/nern/ordering/greedy-path.ts';
import { type KernelPoints, kernelDistance, kernelPoints } from '../src/nern/ordering/kernel-points.ts';
import { everyPairPath } from './every-pair.ts';
import { randomResnet18, realLayers, realLikeResnet18 } from './permutation-layers.ts';

const data = process.env.NERN_SWEEP_DATA ?? '../shared/data';
const [kind = 'random', limit = '262144', steps] = process.argv.slice(2);
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

/** The steps, evenly spread over the path, that do not lead to the nearest kernel left, ties to the lowest index. */
function wrongSteps(points: KernelPoints, path: Uint32Array, count: number): number[] {
  return Array.from({ length: count }, (_, i) => 1 + Math.floor((i * (path.length - 1)) / count)).filter(
    step => {
      const from = path[step - 1]!;
      const taken = path[step]!;
      const distance = kernelDistance(points, from, taken);
      return path.subarray(step).some(kernel => {
        const other = kernelDistance(points, from, kernel);
        return other < distance || (other === distance && kernel < taken);
      });
    },
  );
}

const [path, seconds] = timed(() => kernelPath(points));
const found = `| ${kind} | ${points.count} | ${seconds.toFixed(1)} | ${similarity(points, path)} |`;
if (steps !== undefined) {
  const wrong = wrongSteps(points, path, Number(steps));
  console.log(`${found} ${wrong.length} of ${steps} steps wrong |`);
} else {
  const [expected, everyPair] = timed(() => everyPairPath(points));
  const differing = path.findIndex((kernel, j) => kernel !== expected[j]);
  const verdict = differing === -1 ? 'same path' : `DIFFERENT from place ${differing} on`;
  console.log(
    `${found} ${similarity(points, expected)} by every pair in ${everyPair.toFixed(0)} s | ${verdict} |`,
  );
}
