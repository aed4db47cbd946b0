import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Tell } from '../../src/contract/job.ts';
import type { GuidanceStage, PhaseStage } from '../../src/contract/stage.ts';
import { workFolder } from '../../src/files/work-folder.ts';
import { executeStage } from '../../src/stages/execute.ts';
import { guidanceFile, readGuide } from '../../src/training/guidance-file.ts';
import { newFolder } from '../support/files.ts';
import { objectIn } from '../support/objects.ts';
import { type Conditions, never, phasesIn, planOf, workshopFor } from '../support/whole-runs.ts';

/** Few steps; the images of a batch do not fill a whole number of slices. */
const spec = `
name: guided
target: { network: resnet8, dataset: procedural, weights: embedded }
teacher: { network: resnet8, weights: embedded, normalize: cifar10 }
data: { train: 16, test: 16 }
# Kernels as large as the target's, or nothing of what is learned would come through.
predictor: { hidden: 8, embedding: { base: 0.76, levels: 4 }, init: { method: matched } }
sampler: { method: uniform, batch: 50 }
alpha: 1
beta: 0
iterations: 6
warmup: 2
batch: 2
seeds: [7]
evaluate: [reconstruction-error]
`;

let phase: PhaseStage;
let guidance: GuidanceStage;
/** The same, of more steps than a file holds. */
let long: GuidanceStage;

beforeAll(async () => {
  phase = phasesIn(await planOf(spec))[0]!;
  const { configuration, training, seed, stream } = phase;
  guidance = { kind: 'guidance', key: stream!, name: 'guidance', configuration, training, seed, inputs: {} };
  long = { ...guidance, training: { ...training, iterations: 262 } };
});

async function run(
  stage: PhaseStage | GuidanceStage,
  store: string,
  tell: Tell = () => {},
  stop = never,
  conditions: Conditions = {},
) {
  await executeStage(stage, workshopFor([stage], store, conditions), tell, stop);
  return objectIn(store, stage.key);
}

/** A store in which the long stage has come further than one file. */
async function stopped(): Promise<string> {
  const [store, stop] = [newFolder(), new AbortController()];
  const stopAt: Tell = event => {
    if (event.type === 'stage-progress' && event.iteration === 258) stop.abort();
  };
  await expect(run(long, store, stopAt, stop.signal)).rejects.toMatchObject({ kind: 'signal' });
  return store;
}

describe('the logits that phases learn from', () => {
  test('give a phase the bytes that it has without them', async () => {
    const [alone, given] = [newFolder(), newFolder()];
    const expected = await run(phase, alone);
    const { record, files } = await run(guidance, given);
    expect(record).toEqual({ steps: 4, shape: [2, 10], stepsPerFile: 256 });
    expect(Object.keys(files)).toEqual(['logits-00000.f32']);
    const fed = { ...phase, inputs: { ...phase.inputs, guidance: guidance.key } };
    const object = await run(fed, given);
    expect(object.files).toEqual(expected.files);
    expect(object.record).toEqual(expected.record);
  });

  test('are read, not computed again', async () => {
    const store = newFolder();
    const wrong = { ...guidance, key: 'f'.repeat(64) };
    await run({ ...wrong, training: { ...guidance.training, teacher: 'none' } }, store);
    const fed = { ...phase, inputs: { ...phase.inputs, guidance: wrong.key } };
    const misled = await run(fed, store);
    const right = await run(phase, newFolder());
    expect(misled.record).not.toEqual(right.record);
    expect(misled.files).not.toEqual(right.files);
  });

  test('go on where they were stopped, with the same bytes', async () => {
    const expected = await run(long, newFolder());
    const firstStep = async (store: string) => {
      const seen: number[] = [];
      const { files } = await run(long, store, event => {
        if (event.type === 'stage-progress') seen.push(event.iteration);
      });
      expect(files).toEqual(expected.files);
      return seen[0];
    };
    expect(await firstStep(await stopped())).toBe(257);
    const store = await stopped();
    const folder = workFolder(store, long.key);
    expect(await readdir(folder)).toEqual(['logits-00000.f32', 'progress.json']);
    await rm(join(folder, 'logits-00000.f32'));
    expect(await firstStep(store)).toBe(1);
  });

  test('are of one engine, unless another may go on with what it began', async () => {
    const store = await stopped();
    const file = join(workFolder(store, long.key), 'progress.json');
    const progress = JSON.parse(await readFile(file, 'utf8'));
    expect(progress.engines).toEqual(['onnx:cpu']);
    await writeFile(file, JSON.stringify({ ...progress, engines: ['tfjs:cpu'] }));
    await expect(run(long, store)).rejects.toMatchObject({
      kind: 'environment',
      message: 'Expected to go on with `tfjs:cpu`, which has done 256 iterations of this run, got `onnx:cpu`',
    });
    const told: unknown[] = [];
    const { provenance } = await run(long, store, event => told.push(event), never, { mayMixEngines: true });
    const engines = ['tfjs:cpu', 'onnx:cpu'];
    expect(told).toContainEqual({ type: 'stage-mixed', stage: long.name, engines });
    expect(provenance).toMatchObject({ engine: 'onnx:cpu', engines });
  });

  test('are float32 in the order of the steps, in one file after the other', async () => {
    const folder = newFolder();
    const write = (number: number, ...values: number[]) =>
      writeFile(join(folder, guidanceFile(number)), Float32Array.from(values));
    await write(0, 0, 1, 2, 3, 4, 5, 6, 7);
    await write(1, 8, 9, 10, 11);
    const record = { steps: 3, shape: [2, 2], stepsPerFile: 2 };
    const guide = readGuide({ record, folder } as unknown as Parameters<typeof readGuide>[0]);
    const none = { shape: [2, 3, 32, 32], data: new Float32Array() };
    for (const step of [0, 2, 1, 2]) {
      const { shape, data } = await guide(none, step);
      expect(shape).toEqual([2, 2]);
      expect([...data]).toEqual([0, 1, 2, 3].map(i => 4 * step + i));
    }
  });
});
