import { readdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { StageEvent } from '../../src/contract/job.ts';
import { openEngine } from '../../src/engine/open.ts';
import { Failure } from '../../src/failure.ts';
import { objectFolder, readObject } from '../../src/files/object.ts';
import { workFolder } from '../../src/files/work-folder.ts';
import type { Engine, Feeds, Program } from '../../src/graph/program.ts';
import { reachable } from '../../src/graph/value.ts';
import { newFolder } from '../support/files.ts';
import { determined, execute, onlyResult, phasesIn, planOf, small } from '../support/whole-runs.ts';

const spec = `
name: tiny
${small}
data: { train: 64, test: 128 }
alpha: 0.1
beta: 0.01
iterations: 5
warmup: 2
batch: 12
evaluateEvery: 2
seeds: [0]
`;

const real = () => openEngine({ name: 'onnx:cpu', threads: 1, device: 0 });

/** Runs the spec in a store to the end, as far as `engine` lets it, and notes what is told. */
async function runWith(store: string, engine: Engine, text = spec, mayMixEngines = false) {
  const events: StageEvent[] = [];
  const whole = await execute(text, { store, engine, mayMixEngines, tell: event => events.push(event) });
  return { result: onlyResult(whole), events };
}

/** What training left to go on with. */
async function leftBehind(store: string): Promise<string[]> {
  const [phase] = phasesIn(await planOf(spec));
  return readdir(workFolder(store, phase!.key)).catch(() => []);
}

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
    const { result, events } = await runWith(newFolder(), engine);
    expect(slices).toEqual([12, 6, 3, 3, 3]);
    expect(events.filter(({ type }) => type === 'stage-sliced')).toMatchObject([{ imagesAtOnce: 3 }]);
    expect(result.provenance[0]!.imagesAtOnce).toBe(3);
    const whole = (await runWith(newFolder(), { ...(await real()), imagesAtOnce: 12 })).result;
    for (const [i, { loss }] of whole.phases[0]!.history.entries())
      expect(Math.abs(result.phases[0]!.history[i]!.loss / loss - 1)).toBeLessThan(1e-5);
  });

  test('fails as what it is when one image is too much', async () => {
    const { engine, slices } = await withRoomFor(0, 12);
    const failure = await runWith(newFolder(), engine).catch(error => error);
    expect(failure).toMatchObject({ kind: 'out-of-memory', message: 'no room for 1 images' });
    expect(slices).toEqual([12, 6, 3, 1]);
  });

  test('fails at once when its losses compare the images with each other', async () => {
    const { engine, slices } = await withRoomFor(3, 6);
    const text = `${spec}losses: { fmd: gram }`;
    const failure = await runWith(newFolder(), engine, text).catch(error => error);
    expect(failure).toMatchObject({ kind: 'out-of-memory', message: 'no room for 12 images' });
    expect(slices).toEqual([12]);
  });

  test('is not tried in vain again when the run goes on', async () => {
    const store = newFolder();
    const { engine } = await withRoomFor(3, 12);
    let steps = 0;
    const vanishing = intercepted(engine, ({ name }) => {
      if (isStep(name) && ++steps === 6) throw new Failure('engine', 'the device is lost');
    });
    await expect(runWith(store, vanishing)).rejects.toThrow('the device is lost');
    const again = await withRoomFor(3, 12);
    const { result } = await runWith(store, again.engine);
    expect(new Set(again.slices)).toEqual(new Set([3]));
    const untouched = await runWith(newFolder(), (await withRoomFor(3, 12)).engine);
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
    const expected = determined((await runWith(newFolder(), await real())).result);
    const programs: string[] = [];
    await runWith(
      newFolder(),
      intercepted(await real(), ({ name }) => programs.push(name)),
    );
    const calls = programs.length;
    // The target is measured before anything is trained.
    const isBegun = (call: number) => programs.slice(0, call - 1).some(isStep);
    const plan = await planOf(spec);
    const [phase] = phasesIn(plan);
    let trained = 0;
    for (let n = 1; n <= calls; n++) {
      const store = newFolder();
      await expect(runWith(store, await vanishingAt(n))).rejects.toMatchObject({ kind: 'engine' });
      const isTrained = (await readObject(objectFolder(store, phase!.key), phase!.key)).state === 'complete';
      if (isTrained) trained++;
      expect(await leftBehind(store)).toEqual(!isBegun(n) || isTrained ? [] : ['checkpoint.json']);
      const { result, events } = await runWith(store, await real());
      expect(determined(result), `call ${n}`).toEqual(expected);
      const begun = events.flatMap(event => (event.type === 'stage-progress' ? [event.iteration] : []));
      if (!isBegun(n)) expect(begun[0]).toBe(1);
      if (isTrained) expect(begun).toEqual([]);
    }
    // Both happened: while it was trained, and while the trained predictor was measured.
    expect(trained).toBeGreaterThan(0);
    expect(trained).toBeLessThan(calls - 5);
  });
});

describe('a run that another engine began', () => {
  async function begun() {
    const store = newFolder();
    let steps = 0;
    const lost = intercepted(await real(), ({ name }) => {
      if (isStep(name) && ++steps === 3) throw new Failure('engine', 'The GPU is lost');
    });
    await expect(runWith(store, { ...lost, name: 'onnx:cuda', imagesAtOnce: 6 })).rejects.toThrow('lost');
    return store;
  }

  test('is not gone on with unasked, and is left as it is', async () => {
    const store = await begun();
    await expect(runWith(store, await real())).rejects.toMatchObject({
      kind: 'environment',
      message: 'Expected to go on with `onnx:cuda`, which has done 2 iterations of this run, got `onnx:cpu`',
    });
    expect(await leftBehind(store)).toEqual(['checkpoint.json']);
  });

  test('is gone on with when an engine is asked for, which the result tells', async () => {
    const store = await begun();
    const { result, events } = await runWith(store, await real(), spec, true);
    const stage = `${result.cell}/seed-0`;
    expect(events).toContainEqual({ type: 'stage-mixed', stage, engines: ['onnx:cuda', 'onnx:cpu'] });
    expect(result.provenance[0]).toMatchObject({
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
    const { result } = await runWith(newFolder(), { ...(await real()), imagesAtOnce }, large);
    losses.push([result.phases[0]!.history[0]!, result.metrics['reconstruction-error']!.value] as const);
  }
  const [[first, error]] = losses as [(typeof losses)[number]];
  for (const [other, otherError] of losses) {
    for (const name of ['loss', 'kd', 'fmd', 'reconstruction'] as const)
      expect(Math.abs(other[name] / first[name] - 1), name).toBeLessThan(1e-5);
    expect(Math.abs(otherError / error - 1)).toBeLessThan(1e-5);
  }
});
