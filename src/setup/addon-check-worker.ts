import { createRequire } from 'node:module';
import type { Rank } from '@tensorflow/tfjs-core';
import { loadTensorFlow } from '../engine/tfjs/tensorflow.ts';
import type { Addon } from '../engine/tfjs/tensorflow-addon.ts';
import { Failure } from '../failure.ts';
import type { AddonVerdict } from './addon-check.ts';

type Core = typeof import('@tensorflow/tfjs-core');

/** Whole numbers, exact in any precision and any order of summation. */
const cases: readonly (readonly [string, (core: Core) => Iterable<number>, readonly number[]])[] = [
  [
    'the product of two matrices',
    ({ tensor2d, matMul }) =>
      matMul(
        tensor2d([
          [1, 2],
          [3, 4],
        ]),
        tensor2d([
          [1, 2],
          [3, 4],
        ]),
      ).dataSync(),
    [7, 10, 15, 22],
  ],
  [
    'a convolution',
    ({ range, reshape, conv2d }) => {
      const image = reshape<Rank.R4>(range(0, 16), [1, 4, 4, 1]);
      const filter = reshape<Rank.R4>(range(0, 9), [3, 3, 1, 1]);
      return conv2d(image, filter, 1, 'valid').dataSync();
    },
    [258, 294, 402, 438],
  ],
];

async function check(engine: 'tfjs:node' | 'tfjs:node-gpu', addon: Addon): Promise<AddonVerdict> {
  const { versions, device } = await loadTensorFlow(addon, { name: engine, threads: 1, device: 0 });
  const core = createRequire(import.meta.url)('@tensorflow/tfjs-core') as Core;
  for (const [what, compute, expected] of cases) {
    const computed = [...compute(core)];
    if (computed.join() !== expected.join()) {
      const reason = `Expected ${what} to be [${expected}], got [${computed}]`;
      return { works: false, reason, hint: 'Its numbers cannot be trusted: give another version.' };
    }
  }
  return { works: true, tensorflow: versions.tensorflow!, device };
}

const [, , engine, addon] = process.argv;
const verdict = await check(engine as 'tfjs:node' | 'tfjs:node-gpu', JSON.parse(addon!) as Addon).catch(
  (error: unknown): AddonVerdict => {
    if (!(error instanceof Failure))
      return { works: false, reason: `Expected TensorFlow to compute, got: ${error}` };
    const { message, hint } = error;
    return hint === undefined ? { works: false, reason: message } : { works: false, reason: message, hint };
  },
);
process.stdout.write(`${JSON.stringify(verdict)}\n`);
