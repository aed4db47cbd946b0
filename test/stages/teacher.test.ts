import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Tensor } from '../../src/graph/tensor.ts';
import { parameterShapes } from '../../src/networks/network.ts';
import { resnet } from '../../src/networks/resnet.ts';
import { createRandom } from '../../src/random.ts';
import { parseSpec } from '../../src/spec/sweep.ts';
import type { Job, StageEvent } from '../../src/stages/job.ts';
import type { RunResult } from '../../src/stages/result.ts';
import { executeRun } from '../../src/stages/run.ts';
import { writeSafetensors } from '../../src/weights/safetensors.ts';

const spec = `
name: guided
target: { network: resnet8, dataset: procedural, weights: embedded }
data: { train: 64, test: 64 }
predictor: { hidden: 12, embedding: { base: 0.76, levels: 6 } }
sampler: { method: magnitude, batch: 300, uniform: 0.5 }
alpha: 0.1
iterations: 6
warmup: 1
batch: 7
evaluateEvery: 6
`;

async function jobFor(settings: string): Promise<Job> {
  const parsed = parseSpec(`${spec}${settings}\n`, 'guided.yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics));
  const { id, configuration } = parsed.sweep.cells[0]!;
  const directory = await mkdtemp(join(tmpdir(), 'nern-guided-'));
  const engine = { name: 'onnx:cpu' as const, threads: 1, device: 0 };
  const about = { run: `${id}/seed-0`, cell: id, seed: 0, key: 'k', specFolder: '.' };
  return { ...about, directory, configuration, engine, mayMixEngines: false };
}

const ignore = () => {};
const never = new AbortController().signal;
/** A result without what may differ between runs of the same thing, and their name. */
const determined = ({ provenance: _, cell: __, ...rest }: RunResult) => rest;
const run = async (settings: string) => determined(await executeRun(await jobFor(settings), ignore, never));

/** A resnet20 with random weights: what it says is nonsense, but always the same. */
let other: string;

beforeAll(async () => {
  const random = createRandom(0, 'teacher');
  const tensors = [...parameterShapes(resnet(20, 'A', 10))].map(([name, shape]): [string, Tensor] => {
    const value = () => (/running_var|bn\d\.weight/.test(name) ? 1 : 0.1 * random.normal());
    return [name, { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, value) }];
  });
  other = join(await mkdtemp(join(tmpdir(), 'nern-teacher-')), 'teacher.safetensors');
  await writeFile(other, writeSafetensors(new Map(tensors)));
});

describe('a teacher', () => {
  test.each(['beta: 0', 'beta: 0.01'])('that is the target itself changes nothing, %s', async beta => {
    const teacher = 'teacher: { network: resnet8, weights: embedded }';
    expect(await run(`${beta}\n${teacher}`)).toEqual(await run(beta));
  });

  test('of another architecture guides by its outputs, and gives no feature maps', async () => {
    const [alone, guided] = [
      await run('beta: 0'),
      await run(`beta: 0\nteacher: { network: resnet20, weights: ${other} }`),
    ];
    const [first, ...rest] = guided.history;
    expect(first).toEqual(alone.history[0]);
    expect(rest.every(({ kd, fmd }) => kd > 0 && fmd === 0)).toBe(true);
    expect(rest[0]!.kd).not.toBe(alone.history[1]!.kd);
  });

  test('sees the images as it was trained with them', async () => {
    const teacher = (normalize: string) => `{ network: resnet8, weights: embedded, normalize: ${normalize} }`;
    const imagenet = await run(`beta: 0\nteacher: ${teacher('imagenet')}`);
    const cifar = await run(`beta: 0\nteacher: ${teacher('cifar10')}`);
    const plain = await run('beta: 0');
    for (const [i, { kd }] of plain.history.entries()) {
      expect(imagenet.history[i]!.kd).toBeCloseTo(kd, 5);
      if (i > 0) expect(cifar.history[i]!.kd).not.toBeCloseTo(kd, 3);
    }
  });

  test('goes on where a run was stopped', async () => {
    const settings = `beta: 0\nteacher: { network: resnet20, weights: ${other} }`;
    const whole = await jobFor(settings);
    const expected = determined(await executeRun(whole, ignore, never));
    const job = await jobFor(settings);
    const stop = new AbortController();
    const stopAt = (event: StageEvent) => {
      if (event.type === 'run-progress' && event.iteration === 3) stop.abort();
    };
    await expect(executeRun(job, stopAt, stop.signal)).rejects.toMatchObject({ kind: 'signal' });
    expect(determined(await executeRun(job, ignore, never))).toEqual(expected);
    const predictor = (of: Job) => readFile(join(of.directory, 'predictor.safetensors'));
    expect((await predictor(job)).equals(await predictor(whole))).toBe(true);
  });
});
