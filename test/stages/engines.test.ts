import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openEngine } from '../../src/engine/open.ts';
import { Failure } from '../../src/failure.ts';
import type { Engine, Feeds, Program } from '../../src/graph/program.ts';
import { reachable } from '../../src/graph/value.ts';
import { parseSpec } from '../../src/spec/sweep.ts';
import type { Job, StageEvent } from '../../src/stages/job.ts';
import type { RunResult } from '../../src/stages/result.ts';
import { executeRun } from '../../src/stages/run.ts';

const spec = `
name: tiny
target: { network: resnet8, dataset: procedural, weights: embedded }
data: { train: 64, test: 128 }
predictor: { hidden: 12, embedding: { base: 0.76, levels: 6 } }
sampler: { method: magnitude, batch: 300, uniform: 0.5 }
alpha: 0.1
beta: 0.01
iterations: 5
warmup: 2
batch: 12
evaluateEvery: 2
`;

async function newJob(changes: Partial<Job> = {}, text = spec): Promise<Job> {
  const parsed = parseSpec(text, 'tiny.yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics));
  const { id, configuration } = parsed.sweep.cells[0]!;
  const directory = await mkdtemp(join(tmpdir(), 'nern-engines-'));
  const engine = { name: 'onnx:cpu', threads: 1, device: 0 } as const;
  const about = { run: `${id}/seed-0`, cell: id, seed: 0, key: 'key', specFolder: '.' };
  return { ...about, directory, configuration, engine, mayMixEngines: false, ...changes };
}

const real = () => openEngine({ name: 'onnx:cpu', threads: 1, device: 0 });
const never = new AbortController().signal;

async function runWith(job: Job, engine: Engine) {
  const events: StageEvent[] = [];
  const result = await executeRun(
    job,
    event => events.push(event),
    never,
    async () => engine,
  );
  return { result, events };
}

/** What training and measuring gave, without provenance. */
const determined = ({ provenance: _, ...rest }: RunResult) => rest;

/** The engine, but each call of a program first goes through `before`, which may throw. */
const intercepted = (
  engine: Engine,
  before: (program: Program, feeds: Feeds) => void,
  changes: Partial<Engine> = {},
): Engine => ({
  ...engine,
  ...changes,
  compile: async program => {
    const executable = await engine.compile(program);
    return {
      ...executable,
      run: async (feeds, into) => {
        before(program, feeds);
        return executable.run(feeds, into);
      },
    };
  },
});

const isStep = (program: string) => program.endsWith('-step');

/** How many images a step of this spec takes through the networks together. */
function imagesAtOnceOf({ outputs }: Program): number {
  const slices = reachable(Object.values(outputs)).flatMap(({ operation }) =>
    operation.kind === 'sumOverSlices' ? [operation.slice.shape[0]!] : [],
  );
  return slices[0] ?? 12;
}

/** An engine whose memory holds this many images of a distillation step. */
async function withRoomFor(images: number, imagesAtOnce: number) {
  const slices: number[] = [];
  const engine = intercepted(
    await real(),
    program => {
      if (program.name !== 'distillation-step') return;
      const slice = imagesAtOnceOf(program);
      slices.push(slice);
      if (slice > images) throw new Failure('out-of-memory', `no room for ${slice} images`);
    },
    { imagesAtOnce },
  );
  return { engine, slices };
}

describe('a step that does not fit into memory', () => {
  test('is done again with fewer images at a time, and gives what it would have given', async () => {
    const { engine, slices } = await withRoomFor(3, 12);
    const { result, events } = await runWith(await newJob(), engine);
    expect(slices).toEqual([12, 6, 3, 3, 3]);
    expect(events.filter(({ type }) => type === 'run-sliced')).toMatchObject([{ imagesAtOnce: 3 }]);
    expect(result.provenance.imagesAtOnce).toBe(3);
    const whole = (await runWith(await newJob(), { ...(await real()), imagesAtOnce: 12 })).result;
    for (const [i, { loss }] of whole.history.entries())
      expect(Math.abs(result.history[i]!.loss / loss - 1)).toBeLessThan(1e-5);
  });

  test('fails as what it is when one image is too much', async () => {
    const { engine, slices } = await withRoomFor(0, 12);
    const failure = await runWith(await newJob(), engine).catch(error => error);
    expect(failure).toMatchObject({ kind: 'out-of-memory', message: 'no room for 1 images' });
    expect(slices).toEqual([12, 6, 3, 1]);
  });

  test('is not tried in vain again when the run goes on', async () => {
    const job = await newJob();
    const { engine } = await withRoomFor(3, 12);
    let steps = 0;
    const vanishing = intercepted(engine, ({ name }) => {
      if (isStep(name) && ++steps === 6) throw new Failure('engine', 'the device is lost');
    });
    await expect(runWith(job, vanishing)).rejects.toThrow('the device is lost');
    const again = await withRoomFor(3, 12);
    const { result } = await runWith(job, again.engine);
    expect(new Set(again.slices)).toEqual(new Set([3]));
    const untouched = await runWith(await newJob(), (await withRoomFor(3, 12)).engine);
    expect(determined(result)).toEqual(determined(untouched.result));
  });
});

describe('an engine that vanishes', () => {
  /** Fails the `n`th call of any program, counted over training and measuring. */
  const vanishingAt = async (n: number) => {
    let calls = 0;
    return intercepted(await real(), () => {
      if (++calls === n) throw new Failure('engine', 'The GPU is lost');
    });
  };

  test('costs nothing, whenever it does: the same command goes on to the same result', async () => {
    const expected = determined((await runWith(await newJob(), await real())).result);
    let calls = 0;
    await runWith(
      await newJob(),
      intercepted(await real(), () => calls++),
    );
    for (let n = 1; n <= calls; n++) {
      const job = await newJob();
      await expect(runWith(job, await vanishingAt(n))).rejects.toMatchObject({ kind: 'engine' });
      expect(await readdir(job.directory)).toEqual(n === 1 ? [] : ['checkpoint.json']);
      const { result, events } = await runWith(job, await real());
      expect(determined(result), `call ${n}`).toEqual(expected);
      const [first] = events.flatMap(event => (event.type === 'run-progress' ? [event.iteration] : []));
      if (n === 1) expect(first).toBe(1);
    }
  });
});

describe('a run that another engine began', () => {
  async function begun(changes: Partial<Job>) {
    const job = await newJob(changes);
    let steps = 0;
    const lost = intercepted(await real(), ({ name }) => {
      if (isStep(name) && ++steps === 3) throw new Failure('engine', 'The GPU is lost');
    });
    await expect(runWith(job, { ...lost, name: 'onnx:cuda', imagesAtOnce: 6 })).rejects.toThrow('lost');
    return job;
  }

  test('is not gone on with unasked, and is left as it is', async () => {
    const job = await begun({});
    await expect(runWith(job, await real())).rejects.toMatchObject({
      kind: 'environment',
      message: 'Expected to go on with `onnx:cuda`, which has done 2 iterations of this run, got `onnx:cpu`',
    });
    expect(await readdir(job.directory)).toEqual(['checkpoint.json']);
  });

  test('is gone on with when an engine is asked for, which the result tells', async () => {
    const job = await begun({ mayMixEngines: true });
    const { result, events } = await runWith(job, await real());
    expect(events).toContainEqual({ type: 'run-mixed', run: job.run, engines: ['onnx:cuda', 'onnx:cpu'] });
    expect(result.provenance).toMatchObject({
      engine: 'onnx:cpu',
      engines: ['onnx:cuda', 'onnx:cpu'],
      imagesAtOnce: 32,
    });
  });
});

test('256 images give the same step, however many of them go through the networks together', async () => {
  const large = spec
    .replace('iterations: 5', 'iterations: 1')
    .replace('warmup: 2', 'warmup: 0')
    .replace('batch: 12', 'batch: 256')
    .replace('train: 64', 'train: 256');
  const losses = [];
  for (const imagesAtOnce of [32, 64, 256]) {
    const { result } = await runWith(await newJob({}, large), { ...(await real()), imagesAtOnce });
    losses.push([result.history[0]!, result.metrics['reconstruction-error']!.value] as const);
  }
  const [[first, error]] = losses as [(typeof losses)[number]];
  for (const [other, otherError] of losses) {
    for (const name of ['loss', 'kd', 'fmd', 'reconstruction'] as const)
      expect(Math.abs(other[name] / first[name] - 1), name).toBeLessThan(1e-5);
    expect(Math.abs(otherError / error - 1)).toBeLessThan(1e-5);
  }
});
