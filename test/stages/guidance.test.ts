import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { objectFolder, readObject } from '../../src/files/object.ts';
import { executeStage } from '../../src/stages/execute.ts';
import type { Tell } from '../../src/stages/job.ts';
import type { GuidanceStage, PhaseStage } from '../../src/stages/stage.ts';
import { workFolder } from '../../src/stages/work-folder.ts';
import { never, newStore, phasesIn, planOf, workshopFor } from '../support/whole-runs.ts';

/** More steps than a file of logits holds, with images that do not fill a whole number of slices. */
const spec = `
name: guided
target: { network: resnet8, dataset: procedural, weights: embedded }
teacher: { network: resnet8, weights: embedded, normalize: cifar10 }
data: { train: 16, test: 16 }
predictor: { hidden: 8, embedding: { base: 0.76, levels: 4 } }
sampler: { method: uniform, batch: 50 }
alpha: 1
beta: 0
iterations: 262
warmup: 2
batch: 2
seeds: [7]
evaluate: [reconstruction-error]
`;

let phase: PhaseStage;
let guidance: GuidanceStage;

beforeAll(async () => {
  phase = phasesIn(await planOf(spec))[0]!;
  const { configuration, training, seed, stream } = phase;
  guidance = { kind: 'guidance', key: stream!, name: 'guidance', configuration, training, seed, inputs: {} };
});

async function run(stage: PhaseStage | GuidanceStage, store: string, tell: Tell = () => {}, stop = never) {
  await executeStage(stage, workshopFor([stage], store), tell, stop);
  const read = await readObject(objectFolder(store, stage.key), stage.key);
  if (read.state !== 'complete')
    throw new Error(`Expected the object of ${stage.name}, got \`${read.state}\``);
  return read.object;
}

describe('the logits that phases learn from', () => {
  test('give a phase the bytes that it has without them', async () => {
    const [alone, given] = [await newStore(), await newStore()];
    const expected = await run(phase, alone);
    const { record, files } = await run(guidance, given);
    expect(record).toEqual({ steps: 260, shape: [2, 10], stepsPerFile: 256 });
    expect(Object.keys(files)).toEqual(['logits-00000.f32', 'logits-00001.f32']);
    const fed = { ...phase, inputs: { ...phase.inputs, guidance: guidance.key } };
    const object = await run(fed, given);
    expect(object.files).toEqual(expected.files);
    expect(object.record).toEqual(expected.record);
  });

  test('are read, not computed again', async () => {
    const store = await newStore();
    const wrong = { ...guidance, key: 'f'.repeat(64) };
    await run({ ...wrong, training: { ...guidance.training, teacher: 'none' } }, store);
    const fed = { ...phase, inputs: { ...phase.inputs, guidance: wrong.key } };
    const misled = await run(fed, store);
    expect(misled.files).not.toEqual((await run(phase, await newStore())).files);
  });

  test('go on where they were stopped, with the same bytes', async () => {
    const expected = await run(guidance, await newStore());
    const stopped = async () => {
      const [store, stop] = [await newStore(), new AbortController()];
      const stopAt: Tell = event => {
        if (event.type === 'stage-progress' && event.iteration === 258) stop.abort();
      };
      await expect(run(guidance, store, stopAt, stop.signal)).rejects.toMatchObject({ kind: 'signal' });
      return store;
    };
    const firstStep = async (store: string) => {
      const seen: number[] = [];
      const { files } = await run(guidance, store, event => {
        if (event.type === 'stage-progress') seen.push(event.iteration);
      });
      expect(files).toEqual(expected.files);
      return seen[0];
    };
    expect(await firstStep(await stopped())).toBe(257);
    const store = await stopped();
    const folder = workFolder(store, guidance.key);
    expect(await readdir(folder)).toEqual(['logits-00000.f32', 'progress.json']);
    await rm(join(folder, 'logits-00000.f32'));
    expect(await firstStep(store)).toBe(1);
  });

  test('are float32 in the order of the steps', async () => {
    const store = await newStore();
    await run(guidance, store);
    const bytes = await readFile(join(objectFolder(store, guidance.key), 'logits-00001.f32'));
    expect(bytes).toHaveLength(4 * 2 * 10 * 4);
  });
});
