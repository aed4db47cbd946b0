import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WorkerEvent } from '../../src/run/events.ts';
import { executeLocally } from '../../src/run/local.ts';
import type { Job } from '../../src/stages/job.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nern-sweep-local-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  delete process.env.NERN_SWEEP_WORKER;
});

/** Executes a run with one of the stand-ins in fixtures/workers; `during` sees each event. */
async function execute(
  worker: string,
  during: (event: WorkerEvent, stop: AbortController) => void = () => {},
) {
  process.env.NERN_SWEEP_WORKER = resolve('test/run/fixtures/workers', `${worker}.js`);
  const [stop, kill] = [new AbortController(), new AbortController()];
  const events: WorkerEvent[] = [];
  const emit = (event: WorkerEvent) => {
    events.push(event);
    during(event, stop);
  };
  const configuration = { iterations: 3, predictor: { hidden: 8 } } as Job['configuration'];
  const names = { run: 'cell/seed-1', cell: 'cell', seed: 1, key: 'key' };
  const engine = { name: 'onnx:cpu', threads: 1, device: 0 } as const;
  const job = {
    ...names,
    mayMixEngines: false,
    directory: join(folder, 'trial'),
    configuration,
    engine,
    specFolder: folder,
  };
  const ending = await executeLocally(job, emit, { stop: stop.signal, kill: kill.signal }, 50);
  return { ending, events };
}

describe('executeLocally', () => {
  it('passes the events on and leaves the result in the folder', async () => {
    const { ending, events } = await execute('ok');
    expect(ending).toEqual({ state: 'finished' });
    const types = events.map(({ type }) => type);
    expect(types[0]).toBe('run-started');
    expect(types).toContain('run-progress');
    expect(types.at(-1)).toBe('run-finished');
    const result = JSON.parse(readFileSync(join(folder, 'trial', 'result.json'), 'utf8'));
    expect(result).toMatchObject({ key: 'key', seed: 1, metrics: { accuracy: { value: 3.5 } } });
  });

  it.each(['never-ends', 'crashes-at-end'])('is done with a worker that %s', async worker => {
    const { ending, events } = await execute(worker);
    expect([ending, events.at(-1)?.type]).toEqual([{ state: 'finished' }, 'run-finished']);
  });

  it.each([
    ['nan', 'nan', 'Expected a finite loss at iteration 17, got `NaN`'],
    ['bug', 'bug', 'undefined is not a kernel'],
    ['crash', 'engine', 'The worker crashed in native code (SIGABRT)'],
    ['vanish', 'bug', 'Expected the worker to report a result, got exit code `5` without one'],
    ['out-of-memory', 'out-of-memory', /was killed \(SIGKILL\)/],
    ['syntax-error', 'bug', /exit code `1`/],
  ])('names the failure of a worker that ends by %s', async (worker, kind, message) => {
    const { ending, events } = await execute(worker);
    expect(ending).toMatchObject({
      state: 'failed',
      failure: { kind, message: typeof message === 'string' ? message : expect.stringMatching(message) },
    });
    expect(events.map(({ type }) => type)).not.toContain('run-finished');
  });

  it('keeps the last words of a worker with its failure and in log.txt', async () => {
    const { ending } = await execute('crash');
    const words = expect.stringContaining('engine: assertion failed');
    expect(ending).toMatchObject({ failure: { details: { log: words } } });
    expect(readFileSync(join(folder, 'trial', 'log.txt'), 'utf8')).toEqual(words);
  });

  it('is interrupted when the run is stopped in good order', async () => {
    const { ending } = await execute('hang', (_, stop) => stop.abort());
    expect(ending).toEqual({ state: 'interrupted' });
  });

  it('kills a worker that does not stop in time', async () => {
    const { ending } = await execute('ignores-sigterm', (_, stop) => stop.abort());
    expect(ending).toEqual({ state: 'interrupted' });
  });
});
