import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { SweepEvent } from '../../../src/execute/events.ts';
import { debugExecutor } from '../../../src/execute/executors/debug.ts';
import type { Executor } from '../../../src/execute/executors/executor.ts';
import { executors } from '../../../src/execute/executors/named.ts';
import { runSweep } from '../../../src/execute/sweep.ts';
import { prepareFolder, runDirectory } from '../../../src/execute/trials.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import { newFolder } from '../../support/files.ts';
import { never, planOf, small } from '../../support/whole-runs.ts';

const text = `name: tiny\n${small}\niterations: 3\nalpha: 0\nbeta: 0\nseeds: [0]\nevaluate: [reconstruction-error]\n`;

afterEach(() => {
  delete process.env.NERN_SWEEP_WORKER;
});

/** Executes a plan in a folder of runs. */
async function sweep(
  plan: Plan,
  runs: string,
  executor: Executor,
  stop: AbortSignal,
  emit: (event: SweepEvent) => void,
) {
  await prepareFolder(join(runs, 'tiny'), { name: 'tiny', text, folder: runs }, plan, '0.0.0');
  const order = { name: 'tiny', runs, plan, selected: () => true, executor };
  const machine = { device: { engine: 'onnx:cpu' }, jobs: 1, threads: 1 } as const;
  return runSweep({ ...order, ...machine }, emit, { stop, kill: never });
}

const predictorIn = (plan: Plan, runs: string) =>
  readFileSync(join(runDirectory(join(runs, 'tiny'), plan.runs[0]!.run), 'predictor.safetensors'));

/** What the run of a plan leaves when jobs are executed in this way, and what was told. */
async function run(plan: Plan, executor: Executor) {
  const runs = newFolder();
  const events: SweepEvent[] = [];
  const { failures } = await sweep(plan, runs, executor, never, event => events.push(event));
  expect(failures).toEqual(new Map());
  return { events, predictor: predictorIn(plan, runs) };
}

it('a job in this process and one in a process of its own end with the same bytes and tell the same', async () => {
  const plan = await planOf(text);
  const here = await run(plan, debugExecutor);
  // The tests run from the sources, processes from what is built of them.
  process.env.NERN_SWEEP_WORKER = resolve('dist/execute/worker.js');
  const there = await run(plan, executors.local);
  expect(here.predictor.equals(there.predictor)).toBe(true);
  const types = ({ events }: typeof here) =>
    events.map(({ type }) => type).filter(type => type !== 'stage-progress');
  expect(types(here)).toEqual(types(there));
});

it('a job in this process that is stopped is open, and goes on to the same bytes', async () => {
  const plan = await planOf(text);
  const whole = await run(plan, debugExecutor);
  const runs = newFolder();
  const stop = new AbortController();
  const first = await sweep(plan, runs, debugExecutor, stop.signal, ({ type }) => {
    if (type === 'stage-progress') stop.abort();
  });
  expect([first.results.size, first.failures.size]).toEqual([0, 0]);
  const then = await sweep(plan, runs, debugExecutor, never, () => {});
  expect([then.results.size, then.failures.size]).toEqual([1, 0]);
  expect(predictorIn(plan, runs).equals(whole.predictor)).toBe(true);
});
