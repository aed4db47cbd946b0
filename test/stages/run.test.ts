import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { StageEvent } from '../../src/contract/job.ts';
import type { PhaseStage } from '../../src/contract/stage.ts';
import { objectFolder } from '../../src/files/object.ts';
import { workFolder } from '../../src/files/work-folder.ts';
import { executeStage } from '../../src/stages/execute.ts';
import { failingEngine } from '../support/failing-engine.ts';
import { newFolder } from '../support/files.ts';
import {
  determined,
  execute,
  never,
  onlyResult,
  phasesIn,
  planOf,
  predictorOf,
  small,
  workshopFor,
} from '../support/whole-runs.ts';

const tiny = `
name: tiny
${small}
data: { train: 64, test: 128 }
permutation: in-filter
alpha: 0.1
beta: 0.01
iterations: 12
warmup: 4
batch: 6
evaluateEvery: 5
seeds: [3]
`;

describe('a run', () => {
  test('gives the same bytes for the same seed, whatever the number of threads', async () => {
    const [once, again, wider] = [
      await execute(tiny),
      await execute(tiny),
      await execute(tiny, { threads: 2 }),
    ];
    const result = determined(onlyResult(once));
    expect(determined(onlyResult(again))).toEqual(result);
    expect(determined(onlyResult(wider))).toEqual(result);
    const predictor = await predictorOf(once);
    expect((await predictorOf(again)).equals(predictor)).toBe(true);
    expect((await predictorOf(wider)).equals(predictor)).toBe(true);
  });

  test('that was stopped twice goes on to the same bytes', async () => {
    const whole = await execute(tiny);
    const store = newFolder();
    const plan = await planOf(tiny);
    const [phase] = phasesIn(plan);
    for (const at of [2, 7]) {
      const stop = new AbortController();
      const stopAt = (event: StageEvent) => {
        if (event.type === 'stage-progress' && event.iteration === at) stop.abort();
      };
      const stopped = execute(plan, { store, tell: stopAt, stop: stop.signal });
      await expect(stopped).rejects.toMatchObject({ kind: 'signal' });
      expect(await readdir(workFolder(store, phase!.key))).toEqual(['checkpoint.json']);
    }
    const seen: number[] = [];
    const tell = (event: StageEvent) => {
      if (event.type === 'stage-progress') seen.push(event.iteration);
    };
    const resumed = await execute(plan, { store, tell });
    expect(seen[0]).toBe(8);
    expect(determined(onlyResult(resumed))).toEqual(determined(onlyResult(whole)));
    expect((await predictorOf(resumed)).equals(await predictorOf(whole))).toBe(true);
  });

  test('is evaluated also where its distillation losses are the lowest of a window, and goes on with it', async () => {
    const windowed = `${tiny}\nevaluateLowest: { window: 3, every: 2 }\n`;
    const whole = await execute(windowed);
    const { history, evaluations } = onlyResult(whole).phases[0]!;
    // Taken before the steps after 4, 6, 8 and 10 iterations, of which the first two fill the window.
    const losses = [5, 7, 9, 11].map(i => history[i - 1]!.kd + history[i - 1]!.fmd);
    const low = [8, 10].filter((_, i) => losses[i + 2]! <= Math.min(losses[i]!, losses[i + 1]!));
    expect(low.length).toBeGreaterThan(0);
    const regular = [5, 10, 12];
    const expected = [...new Set([...regular, ...low])].sort((a, b) => a - b);
    expect(evaluations.map(({ iteration }) => iteration)).toEqual(expected);
    const always = onlyResult(await execute(tiny.replace('evaluateEvery: 5', 'evaluateEvery: 1')));
    expect(evaluations).toEqual(expected.map(i => always.phases[0]!.evaluations[i - 1]));

    const store = newFolder();
    const plan = await planOf(windowed);
    for (const at of [7, 9]) {
      const stop = new AbortController();
      const stopAt = (event: StageEvent) => {
        if (event.type === 'stage-progress' && event.iteration === at) stop.abort();
      };
      await expect(execute(plan, { store, tell: stopAt, stop: stop.signal })).rejects.toThrow();
    }
    expect(determined(onlyResult(await execute(plan, { store })))).toEqual(determined(onlyResult(whole)));
  });

  test('does not go on from a damaged checkpoint, or one of another configuration', async () => {
    const store = newFolder();
    const plan = await planOf(tiny);
    const [phase] = phasesIn(plan);
    const stop = new AbortController();
    stop.abort();
    await expect(execute(plan, { store, stop: stop.signal })).rejects.toMatchObject({ kind: 'signal' });
    const file = join(workFolder(store, phase!.key), 'checkpoint.json');
    const bytes = await readFile(file);
    const firstIteration = async (stage: PhaseStage) => {
      let first: number | undefined;
      const tell = (event: StageEvent) => {
        if (event.type === 'stage-progress') first ??= event.iteration;
      };
      await executeStage(stage, workshopFor([stage], store), tell, never);
      return first;
    };
    const other = 'f'.repeat(64);
    await mkdir(workFolder(store, other));
    await writeFile(join(workFolder(store, other), 'checkpoint.json'), bytes);
    expect(await firstIteration({ ...phase!, key: other })).toBe(1);
    await writeFile(file, bytes.with(bytes.length >> 1, bytes[bytes.length >> 1]! ^ 1));
    expect(await firstIteration(phase!)).toBe(1);
    await writeFile(file, bytes);
    expect(await firstIteration(phase!)).toBe(2);
  });

  test('whose loss is no number fails with the iteration and the last finite losses', async () => {
    const diverging = `${tiny}\noptimizer: { method: ranger, lr: 10, weightDecay: 1 }\n`;
    const failure = await execute(diverging).catch(error => error);
    expect(failure.kind).toBe('nan');
    expect(failure.message).toMatch(
      /^Expected the loss to be a finite number, got `\S+` at iteration \d+; the last finite/,
    );
    expect(failure.details.iteration).toBeGreaterThan(1);
    expect(Number.isFinite(failure.details.lastFiniteLosses.reconstruction)).toBe(true);
  });

  test('reports what a reader of the result needs', async () => {
    const events: StageEvent[] = [];
    const result = onlyResult(await execute(tiny, { tell: event => events.push(event) }));
    const [phase] = result.phases;
    expect(result.phases).toHaveLength(1);
    expect(phase).toMatchObject({ name: 'joint', seed: 3, iterations: 12 });
    expect(result.learnableParameters).toBe(74_160);
    // 36 values in, 12 hidden units, 9 values out.
    expect(result.predictorParameters).toBe(36 * 12 + 12 + 3 * (12 * 12 + 12) + 12 * 9 + 9);
    expect(result.compressionRatio).toBe(result.predictorParameters / result.learnableParameters);
    expect(phase!.evaluations.map(({ iteration }) => iteration)).toEqual([5, 10, 12]);
    expect(phase!.history.map(({ iteration }) => iteration)).toEqual([...Array(12).keys()].map(i => i + 1));
    expect(phase!.history.filter(({ kd }) => kd === 0)).toHaveLength(4);
    expect(result.target.accuracy).toBeGreaterThan(80);
    const accuracies = phase!.evaluations.map(({ metrics }) => metrics.accuracy!);
    expect(result.metrics.accuracy!.value).toBe(accuracies.at(-1));
    expect(result.metrics['best-accuracy']!.value).toBe(Math.max(...accuracies));
    expect(events.filter(({ type }) => type === 'stage-evaluated')).toHaveLength(3);
    expect(result.provenance).toHaveLength(1);
  });
});

describe('a run whose numbers overflow', () => {
  const joint = tiny.replace('warmup: 4', 'warmup: 0');
  const failing = (at: number, output: string) =>
    failingEngine('distillation-step', step => step === at, output);

  test.each([1, 5, 12])('in the loss of step %d alone goes on to the same bytes', async at => {
    const [plain, overflown] = [
      await execute(joint),
      await execute(joint, { engine: await failing(at, 'loss') }),
    ];
    expect((await predictorOf(overflown)).equals(await predictorOf(plain))).toBe(true);
    const { history, skippedSteps } = onlyResult(overflown).phases[0]!;
    expect(history.every(({ loss }) => Number.isFinite(loss))).toBe(true);
    expect([history.length, skippedSteps]).toEqual([at === 1 ? 11 : 12, undefined]);
  });

  test.each([3, 12])('in the weights of step %d fails there, and leaves no object', async at => {
    const store = newFolder();
    const failure = execute(joint, { store, engine: await failing(at, 'parameters') });
    await expect(failure).rejects.toMatchObject({
      kind: 'nan',
      message: expect.stringMatching(
        `^Expected the weights to be finite numbers after iteration ${at}, got others; the last finite losses were`,
      ),
      details: { iteration: at },
    });
    const [phase] = phasesIn(await planOf(joint));
    expect(existsSync(objectFolder(store, phase!.key))).toBe(false);
  });
});

describe('a run on noise', () => {
  const noisy = tiny.replace(
    'train: 64',
    'source: { method: noise, distribution: gaussian, scale: 2 }, train: 64',
  );

  test('needs no training images, and follows from its seed', async () => {
    const [once, again] = [await execute(noisy), await execute(noisy)];
    const result = determined(onlyResult(once));
    expect(determined(onlyResult(again))).toEqual(result);
    expect(result.phases[0]!.history.at(-1)!.kd).toBeGreaterThan(0);
  });

  const failingIn = (steps: (step: number) => boolean) => failingEngine('distillation-step', steps);

  test('skips a step whose loss is no number, and leaves everything as it was', async () => {
    const engine = await failingIn(step => step % 3 === 0);
    const skipping = onlyResult(await execute(noisy.replace('warmup: 4', 'warmup: 0'), { engine }));
    const { history, skippedSteps } = skipping.phases[0]!;
    expect(history.map(({ iteration }) => iteration)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    expect(history.every(({ loss }) => Number.isFinite(loss))).toBe(true);
    expect(skippedSteps).toBe(4);
  });

  test('tells no loss before there is one, and fails when all are skipped', async () => {
    const some = noisy.replace('warmup: 4', 'warmup: 0');
    const late = await execute(some, { engine: await failingIn(step => step < 3) });
    const { history, skippedSteps } = onlyResult(late).phases[0]!;
    expect([skippedSteps, history.map(({ iteration }) => iteration).slice(0, 2)]).toEqual([2, [3, 4]]);
    const none = execute(some, { engine: await failingIn(() => true) });
    await expect(none).rejects.toMatchObject({ kind: 'nan', details: { iteration: 12 } });
  });

  test('fails when no step is left, as one on images does at the first', async () => {
    const long = noisy.replace('warmup: 4', 'warmup: 0').replace('iterations: 12', 'iterations: 150');
    const failure = execute(long, { engine: await failingIn(step => step > 2) });
    await expect(failure).rejects.toMatchObject({ kind: 'nan', details: { iteration: 103 } });
    const images = tiny.replace('warmup: 4', 'warmup: 0');
    const atOnce = execute(images, { engine: await failingIn(step => step > 2) });
    await expect(atOnce).rejects.toMatchObject({ kind: 'nan', details: { iteration: 3 } });
  });
});
