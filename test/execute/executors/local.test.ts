import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WorkerEvent } from '../../../src/execute/events.ts';
import type { Ending } from '../../../src/execute/executors/executor.ts';
import { executeLocally } from '../../../src/execute/executors/local.ts';
import { objectFolder, readObject } from '../../../src/files/object.ts';
import { workFolder } from '../../../src/files/work-folder.ts';
import { evaluationStage, jobOf, keyOf, phaseStage } from '../../support/fake-stages.ts';
import { newFolder } from '../../support/files.ts';

let folder: string;
beforeEach(() => {
  folder = newFolder();
});
afterEach(() => {
  delete process.env.NERN_SWEEP_WORKER;
});

/** Executes a run with one of the stand-ins in fixtures/workers; `during` sees each event. */
async function execute(
  worker: string,
  during: (event: WorkerEvent, stop: AbortController) => void = () => {},
  begin = 60_000,
) {
  process.env.NERN_SWEEP_WORKER = resolve('test/execute/fixtures/workers', `${worker}.js`);
  const [stop, kill] = [new AbortController(), new AbortController()];
  const events: WorkerEvent[] = [];
  const emit = (event: WorkerEvent) => {
    events.push(event);
    during(event, stop);
  };
  const stages = [phaseStage('a'), evaluationStage('b', 'a')];
  const job = jobOf(stages, join(folder, 'store'));
  const ending = await executeLocally(
    job,
    emit,
    { stop: stop.signal, kill: kill.signal },
    { begin, end: 50 },
  );
  return { ending, events };
}

const done: Ending = { failures: new Map(), interrupted: false };

describe('executeLocally', () => {
  it('passes the events on and leaves the objects in the store', async () => {
    const { ending, events } = await execute('ok');
    expect(ending).toEqual(done);
    const types = events.map(({ type }) => type);
    expect(types.slice(0, 2)).toEqual(['stage-started', 'stage-progress']);
    expect(events.filter(({ type }) => type === 'stage-finished')).toMatchObject([
      { key: keyOf('a'), kind: 'phase' },
      { key: keyOf('b'), kind: 'evaluation' },
    ]);
    const read = await readObject(objectFolder(join(folder, 'store'), keyOf('b')), keyOf('b'));
    expect(read).toMatchObject({
      state: 'complete',
      object: { record: { measure: 'accuracy', value: 3.5 } },
    });
  });

  it.each(['never-ends', 'crashes-at-end'])('is done with a worker that %s', async worker => {
    const { ending, events } = await execute(worker);
    expect([ending, events.at(-1)?.type]).toEqual([done, 'stage-finished']);
  });

  it.each([
    ['nan', 'nan', 'Expected a finite loss at iteration 17, got `NaN`'],
    ['bug', 'bug', 'undefined is not a kernel'],
  ])('returns the failure that a worker tells by %s', async (worker, kind, message) => {
    const { ending, events } = await execute(worker);
    expect([...ending.failures]).toEqual([[keyOf('a'), expect.objectContaining({ kind, message })]]);
    expect(ending).toMatchObject({ interrupted: false });
    expect(ending).not.toHaveProperty('crash');
    expect(events.map(({ type }) => type)).not.toContain('stage-finished');
    expect(events.map(({ type }) => type)).not.toContain('stage-failed');
  });

  it.each([
    ['crash', 'engine', 'The worker crashed in native code (SIGABRT)'],
    ['vanish', 'bug', 'Expected the worker to report a result, got exit code `5` without one'],
    ['out-of-memory', 'out-of-memory', /was killed \(SIGKILL\)/],
    ['syntax-error', 'bug', /exit code `1`/],
  ])('names the failure of a worker that ends by %s', async (worker, kind, message) => {
    const { ending, events } = await execute(worker);
    expect(ending).toMatchObject({
      failures: new Map(),
      interrupted: false,
      crash: { kind, message: typeof message === 'string' ? message : expect.stringMatching(message) },
    });
    expect(events.map(({ type }) => type)).not.toContain('stage-finished');
  });

  it('keeps the last words of a worker with its failure and in log.txt', async () => {
    const { ending } = await execute('crash');
    const words = expect.stringContaining('engine: assertion failed');
    expect(ending).toMatchObject({ crash: { details: { log: words } } });
    const log = join(workFolder(join(folder, 'store'), keyOf('a')), 'log.txt');
    expect(readFileSync(log, 'utf8')).toEqual(words);
  });

  it('is interrupted when the stage is stopped in good order', async () => {
    const { ending } = await execute('hang', (_, stop) => stop.abort());
    const stopped = expect.objectContaining({ kind: 'signal', message: 'stopped' });
    expect(ending).toEqual({ failures: new Map([[keyOf('a'), stopped]]), interrupted: true });
  });

  it('kills a worker that does not stop in time', async () => {
    const { ending } = await execute('ignores-sigterm', (_, stop) => stop.abort());
    expect(ending).toEqual({ failures: new Map(), interrupted: true });
  });

  it('ends a worker that never says a word, and says so', async () => {
    const { ending, events } = await execute('mute', () => {}, 50);
    expect(ending).toMatchObject({
      failures: new Map(),
      interrupted: false,
      crash: {
        kind: 'environment',
        message: 'Expected a worker process to say that it began within 0.05 s, got nothing',
      },
    });
    expect(events).toEqual([]);
  });
});
