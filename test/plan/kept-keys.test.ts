import { expect, test } from 'vitest';
import { planSweep } from '../../src/plan/plan.ts';
import { parseSpec } from '../../src/spec/sweep.ts';
import { assumedOf } from '../support/inputs.ts';

const hashes = {
  ...{ weights: 'w', teacher: 't', permutation: 'p', test: 'e', train: 'a', ood: 'o' },
  ...{ 'images:0': 'i0', 'images:1': 'i1', 'predictor:0': 'p0', 'predictor:1': 'p1' },
  ...{ original: 'og', 'original-count': '500', 'original-teacher': 'ot' },
};

/**
 * What is in a store stays in use: keys are literal, and change only where `versions` in src/plan/key.ts says so. Where
 * files lie is no part of them.
 */
test.each([
  [
    'files of every kind',
    `target: { network: { file: net.yaml }, dataset: cifar10, weights: r20.th }
data: { root: here, normalize: cifar10, source: { method: folder, folder: pictures } }
teacher: { network: { file: big.onnx }, weights: teacher.th }
permutation: { method: in-filter, file: order.safetensors }
predictor: { hidden: 8, init: { method: checkpoint, file: begin.safetensors } }
phases:
  - { name: reconstruct, losses: [reconstruction], iterations: 5 }
  - { name: distill, losses: [kd], from: { file: second.safetensors }, iterations: 5, data: { train: 9 } }
evaluate: [accuracy, ood]
seeds: [0]
`,
    [
      'cell original accuracy: 9f953520dc62b0be',
      'cell original ood: afe48b2446bd78b0',
      'cell permutation: 06998816cdf929d6',
      'cell/seed-0 reconstruct: b393821157ca2d96',
      'cell/seed-0 distill: 0392e4559fbeded5',
      'cell/seed-0 accuracy: 9d45f5188c0a2f01',
      'cell/seed-0 ood: 988d0d50f5d13f72',
    ],
  ],
  [
    'a target that is trained',
    `target: { network: resnet20, dataset: folder, train: { epochs: 2, teacher: { network: resnet56, weights: t.th } } }
data: { folder: flowers, classes: 7, normalize: imagenet }
alpha: 0.1
evaluate: [accuracy]
progressive: { rounds: 2 }
seeds: [0, 1]
`,
    [
      'cell target: f994f4550ec5e456',
      'cell original accuracy: cbc14ccdcb2a092f',
      'cell/seed-0 round-1: 9444c3590f4ddb5e',
      'cell/seed-1 round-1: 574768fc5dc7372a',
      'cell/seed-0 round-1 accuracy: f59460ebf8329d25',
      'cell/seed-1 round-1 accuracy: 0876bbcbf2aa8cc6',
      'cell round-1 best of seeds: 158df0bc1891466d',
      'cell round-1 network: 35ce13505a991993',
      'cell/seed-0 round-2: 82d2a602fbbf4e3d',
      'cell/seed-1 round-2: 0cb9799200bc8af1',
      'cell/seed-0 round-2 accuracy: 2046b74a2aea7b30',
      'cell/seed-1 round-2 accuracy: 50f9247872d2aa70',
      'cell round-2 best of seeds: cbb06f35e0e619d9',
    ],
  ],
  [
    'the target of another sweep',
    `target: { network: resnet20, dataset: cifar100, from: { sweep: runs/other } }
data: { normalize: cifar100 }
phases: decoupled
evaluate: [accuracy]
seeds: [0, 1]
`,
    [
      'cell target: 7747597626199d0d',
      'cell original accuracy: 99608f1ebd831d21',
      'cell/seed-0 reconstruct: 2dde1ab7c1d7cace',
      'cell/seed-1 reconstruct: 5d555efef000b6be',
      'cell/seed-0 reconstruct accuracy: 4337c921eaf8e855',
      'cell/seed-1 reconstruct accuracy: a0f190acb7413235',
      'cell reconstruct best of seeds: ba502625ade680c5',
      'cell/seed-0 distill: d40f9d0aa2f16d70',
      'cell/seed-1 distill: 0a982e6a5a7d1512',
      'cell/seed-0 accuracy: 5e32138fe9ab0bcb',
      'cell/seed-1 accuracy: 67849ad0d81b5988',
    ],
  ],
])('of stages with %s are those of before', (_, text, expected) => {
  const parsed = parseSpec(`name: x\n${text}`, 'spec.yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics));
  const { sweep } = parsed;
  const { stages } = planSweep(sweep, assumedOf(sweep, hashes));
  const id = sweep.cells[0]!.id;
  expect(
    [...stages.values()].map(({ name, key }) => `${name.replace(id, 'cell')}: ${key.slice(0, 16)}`),
  ).toEqual(expected);
});
