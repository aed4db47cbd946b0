import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { StageEvent } from '../../src/contract/job.ts';
import type { RunResult } from '../../src/contract/result.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { parameterShapes } from '../../src/networks/network.ts';
import { resnet } from '../../src/networks/resnet.ts';
import { createRandom } from '../../src/random.ts';
import { writeSafetensors } from '../../src/weights/safetensors.ts';
import { newFolder } from '../support/files.ts';
import {
  type Conditions,
  determined,
  execute,
  onlyResult,
  predictorOf,
  small,
} from '../support/whole-runs.ts';

const spec = `
name: guided
${small}
data: { train: 64, test: 64 }
alpha: 0.1
iterations: 6
warmup: 1
batch: 7
evaluateEvery: 6
seeds: [0]
`;

const executeWith = (settings: string, conditions: Conditions = {}) =>
  execute(`${spec}${settings}\n`, conditions);
const run = async (settings: string) => onlyResult(await executeWith(settings));
/** What training gave, without what tells which configuration it was. */
const trained = ({ phases, metrics }: RunResult) => ({
  metrics,
  phases: phases.map(({ key: _, ...phase }) => phase),
});
const historyOf = ({ phases }: RunResult) => phases[0]!.history;

/** A resnet20 with random weights: what it says is nonsense, but always the same. */
let other: string;

beforeAll(async () => {
  const random = createRandom(0, 'teacher');
  const tensors = [...parameterShapes(resnet(20, 'A', 10))].map(([name, shape]): [string, Tensor] => {
    const value = () => (/running_var|bn\d\.weight/.test(name) ? 1 : 0.1 * random.normal());
    return [name, { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, value) }];
  });
  other = join(newFolder(), 'teacher.safetensors');
  await writeFile(other, writeSafetensors(new Map(tensors)));
});

describe('a teacher', () => {
  test.each(['beta: 0', 'beta: 0.01'])('that is the target itself changes nothing, %s', async beta => {
    const teacher = 'teacher: { network: resnet8, weights: embedded }';
    const [taught, alone] = [await executeWith(`${beta}\n${teacher}`), await executeWith(beta)];
    expect(trained(onlyResult(taught))).toEqual(trained(onlyResult(alone)));
    expect((await predictorOf(taught)).equals(await predictorOf(alone))).toBe(true);
  });

  test('of another architecture guides by its outputs, and gives no feature maps', async () => {
    const [alone, guided] = [
      await run('beta: 0'),
      await run(`beta: 0\nteacher: { network: resnet20, weights: ${other} }`),
    ];
    const [first, ...rest] = historyOf(guided);
    expect(first).toEqual(historyOf(alone)[0]);
    expect(rest.every(({ kd, fmd }) => kd > 0 && fmd === 0)).toBe(true);
    expect(rest[0]!.kd).not.toBe(historyOf(alone)[1]!.kd);
  });

  test('sees the images as it was trained with them', async () => {
    const teacher = (normalize: string) => `{ network: resnet8, weights: embedded, normalize: ${normalize} }`;
    const imagenet = await run(`beta: 0\nteacher: ${teacher('imagenet')}`);
    const cifar = await run(`beta: 0\nteacher: ${teacher('cifar10')}`);
    const plain = await run('beta: 0');
    for (const [i, { kd }] of historyOf(plain).entries()) {
      expect(historyOf(imagenet)[i]!.kd).toBeCloseTo(kd, 5);
      if (i > 0) expect(historyOf(cifar)[i]!.kd).not.toBeCloseTo(kd, 3);
    }
  });

  test('goes on where a run was stopped', async () => {
    const settings = `beta: 0\nteacher: { network: resnet20, weights: ${other} }`;
    const whole = await executeWith(settings);
    const store = newFolder();
    const stop = new AbortController();
    const stopAt = (event: StageEvent) => {
      if (event.type === 'stage-progress' && event.iteration === 3) stop.abort();
    };
    const stopped = executeWith(settings, { store, tell: stopAt, stop: stop.signal });
    await expect(stopped).rejects.toMatchObject({ kind: 'signal' });
    const resumed = await executeWith(settings, { store });
    expect(determined(onlyResult(resumed))).toEqual(determined(onlyResult(whole)));
    expect((await predictorOf(resumed)).equals(await predictorOf(whole))).toBe(true);
  });
});
