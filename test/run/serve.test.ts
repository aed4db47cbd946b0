import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'nern-sweep-serve-'));
afterAll(() => rmSync(folder, { recursive: true }));

const job = {
  ...{ run: 'cell/seed-0', cell: 'cell', seed: 0, key: 'key' },
  engine: { name: 'onnx:cpu', threads: 1, device: 0 },
  ...{ directory: folder, specFolder: folder, configuration: { iterations: 3, predictor: { hidden: 8 } } },
};

/** Forks a stand-in of fixtures/workers, gives it the job and waits for its first word. */
async function begin(worker: string) {
  const child = fork(`test/run/fixtures/workers/${worker}.js`, {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  child.send(job);
  const [message] = await once(child, 'message');
  return { child, message };
}

describe('a worker', () => {
  it('ends when its parent is gone', async () => {
    const { child } = await begin('ignores-sigterm');
    child.disconnect();
    expect(await once(child, 'exit')).toEqual([1, null]);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('stops its run on %s', async signal => {
    const { child } = await begin('hang');
    child.kill(signal);
    expect((await once(child, 'message'))[0]).toMatchObject({ type: 'run-failed', message: 'stopped' });
    expect(await once(child, 'exit')).toEqual([1, null]);
  });

  it('refuses a metric that is not a number', async () => {
    const { child, message } = await begin('nan-metric');
    expect(message).toMatchObject({ type: 'run-failed', kind: 'nan' });
    expect(message.message).toBe('Expected accuracy to be a finite number, got `NaN`');
    await once(child, 'exit');
  });
});
