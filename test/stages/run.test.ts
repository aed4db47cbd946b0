import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openEngine } from '../../src/engine/open.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { parseSpec } from '../../src/spec/sweep.ts';
import type { Job, StageEvent } from '../../src/stages/job.ts';
import type { RunResult } from '../../src/stages/result.ts';
import { executeRun } from '../../src/stages/run.ts';

const tiny = `
name: tiny
target: { network: resnet8, dataset: procedural, weights: embedded }
data: { train: 64, test: 128 }
predictor: { hidden: 12, embedding: { base: 0.76, levels: 6 } }
permutation: in-filter
sampler: { method: magnitude, batch: 300, uniform: 0.5 }
alpha: 0.1
beta: 0.01
iterations: 12
warmup: 4
batch: 6
evaluateEvery: 5
seeds: [3]
`;

async function jobFor(spec: string, threads = 1): Promise<Job> {
  const parsed = parseSpec(spec, 'tiny.yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics));
  const [cell] = parsed.sweep.cells;
  const directory = await mkdtemp(join(tmpdir(), 'nern-run-'));
  const { id, configuration } = cell!;
  return {
    run: `${id}/seed-3`,
    cell: id,
    seed: 3,
    key: 'k',
    directory,
    configuration,
    engine: { name: 'onnx:cpu', threads, device: 0 },
    mayMixEngines: false,
    specFolder: '.',
  };
}

const ignore = () => {};
const never = new AbortController().signal;

/** A result without what may differ between two runs of the same thing. */
const determined = ({ provenance: _, ...rest }: RunResult) => rest;
const predictorOf = (job: Job) => readFile(join(job.directory, 'predictor.safetensors'));

describe('a run', () => {
  test('gives the same bytes for the same seed, whatever the number of threads', async () => {
    const [once, again, wider] = [await jobFor(tiny), await jobFor(tiny), await jobFor(tiny, 2)];
    const result = determined(await executeRun(once, ignore, never));
    expect(determined(await executeRun(again, ignore, never))).toEqual(result);
    expect(determined(await executeRun(wider, ignore, never))).toEqual(result);
    const predictor = await predictorOf(once);
    expect((await predictorOf(again)).equals(predictor)).toBe(true);
    expect((await predictorOf(wider)).equals(predictor)).toBe(true);
  });

  test('that was stopped twice goes on to the same bytes', async () => {
    const whole = await jobFor(tiny);
    const expected = determined(await executeRun(whole, ignore, never));
    const job = await jobFor(tiny);
    for (const at of [2, 7]) {
      const stop = new AbortController();
      const stopAt = (event: StageEvent) => {
        if (event.type === 'run-progress' && event.iteration === at) stop.abort();
      };
      await expect(executeRun(job, stopAt, stop.signal)).rejects.toMatchObject({ kind: 'signal' });
      expect(await readdir(job.directory)).toEqual(['checkpoint.json']);
    }
    const seen: number[] = [];
    const result = await executeRun(
      job,
      event => {
        if (event.type === 'run-progress') seen.push(event.iteration);
      },
      never,
    );
    expect(seen[0]).toBe(8);
    expect(determined(result)).toEqual(expected);
    expect((await predictorOf(job)).equals(await predictorOf(whole))).toBe(true);
  });

  test('does not go on from a damaged checkpoint, or one of another configuration', async () => {
    const job = await jobFor(tiny);
    const stop = new AbortController();
    stop.abort();
    await expect(executeRun(job, ignore, stop.signal)).rejects.toMatchObject({ kind: 'signal' });
    const file = join(job.directory, 'checkpoint.json');
    const bytes = await readFile(file);
    const firstIteration = async (changed: Job) => {
      let first: number | undefined;
      await executeRun(
        changed,
        event => {
          if (event.type === 'run-progress') first ??= event.iteration;
        },
        never,
      );
      return first;
    };
    expect(await firstIteration({ ...job, key: 'another' })).toBe(1);
    await writeFile(file, bytes.with(bytes.length >> 1, bytes[bytes.length >> 1]! ^ 1));
    expect(await firstIteration(job)).toBe(1);
    await writeFile(file, bytes);
    expect(await firstIteration(job)).toBe(2);
  });

  test('whose loss is no number fails with the iteration and the last finite losses', async () => {
    const job = await jobFor(`${tiny}\noptimizer: { method: ranger, lr: 10, weightDecay: 1 }\n`);
    const failure = await executeRun(job, ignore, never).catch(error => error);
    expect(failure.kind).toBe('nan');
    expect(failure.message).toMatch(
      /^Expected the loss to be a finite number, got `\S+` at iteration \d+; the last finite/,
    );
    expect(failure.details.iteration).toBeGreaterThan(1);
    expect(Number.isFinite(failure.details.lastFiniteLosses.reconstruction)).toBe(true);
  });

  test('reports what a reader of the result needs', async () => {
    const events: StageEvent[] = [];
    const result = await executeRun(await jobFor(tiny), event => events.push(event), never);
    expect(result.learnableParameters).toBe(74_160);
    // 36 values in, 12 hidden units, 9 values out.
    expect(result.predictorParameters).toBe(36 * 12 + 12 + 3 * (12 * 12 + 12) + 12 * 9 + 9);
    expect(result.compressionRatio).toBe(result.predictorParameters / result.learnableParameters);
    expect(result.evaluations.map(({ iteration }) => iteration)).toEqual([5, 10, 12]);
    expect(result.history.map(({ iteration }) => iteration)).toEqual([...Array(12).keys()].map(i => i + 1));
    expect(result.history.filter(({ kd }) => kd === 0)).toHaveLength(4);
    expect(result.target.accuracy).toBeGreaterThan(80);
    const accuracies = result.evaluations.map(({ metrics }) => metrics.accuracy!);
    expect(result.metrics['best-accuracy']!.value).toBe(Math.max(...accuracies));
    expect(events.filter(({ type }) => type === 'run-evaluated')).toHaveLength(3);
  });
});

describe('a run on noise', () => {
  const noisy = tiny.replace(
    'train: 64',
    'source: { method: noise, distribution: gaussian, scale: 2 }, train: 64',
  );

  test('needs no training images, and follows from its seed', async () => {
    const [once, again] = [await jobFor(noisy), await jobFor(noisy)];
    const result = determined(await executeRun(once, ignore, never));
    expect(determined(await executeRun(again, ignore, never))).toEqual(result);
    expect(result.history.at(-1)!.kd).toBeGreaterThan(0);
  });

  /** An engine whose loss is no number in some of its distilling steps. */
  const failingIn = (steps: (step: number) => boolean): typeof openEngine => {
    let step = 0;
    return async order => {
      const engine = await openEngine(order);
      return {
        ...engine,
        compile: async program => {
          const executable = await engine.compile(program);
          const isStep = program.name === 'distillation-step';
          return {
            ...executable,
            async run(feeds, into) {
              const result = await executable.run(feeds, into);
              if (isStep && steps(++step))
                for (const tensor of Object.values<Tensor>(result)) tensor.data.fill(Number.NaN);
              return result;
            },
          };
        },
      };
    };
  };

  test('skips a step whose loss is no number, and leaves everything as it was', async () => {
    const job = await jobFor(noisy.replace('warmup: 4', 'warmup: 0'));
    const skipping = await executeRun(
      job,
      ignore,
      never,
      failingIn(step => step % 3 === 0),
    );
    expect(skipping.history.map(({ iteration }) => iteration)).toEqual(
      Array.from({ length: 12 }, (_, i) => i + 1),
    );
    expect(skipping.history.every(({ loss }) => Number.isFinite(loss))).toBe(true);
    expect(skipping.skippedSteps).toBe(4);
  });

  test('fails when no step is left, as one on images does at the first', async () => {
    const long = noisy.replace('warmup: 4', 'warmup: 0').replace('iterations: 12', 'iterations: 150');
    const failure = executeRun(
      await jobFor(long),
      ignore,
      never,
      failingIn(step => step > 2),
    );
    await expect(failure).rejects.toMatchObject({ kind: 'nan', details: { iteration: 103 } });
    const images = tiny.replace('warmup: 4', 'warmup: 0');
    const atOnce = executeRun(
      await jobFor(images),
      ignore,
      never,
      failingIn(step => step > 2),
    );
    await expect(atOnce).rejects.toMatchObject({ kind: 'nan', details: { iteration: 3 } });
  });
});
