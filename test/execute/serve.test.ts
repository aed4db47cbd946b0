import { fork } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { evaluationStage, jobOf, keyOf, phaseStage } from '../support/fake-stages.ts';
import { newFolder } from '../support/files.ts';

const folder = newFolder();

const job = jobOf([phaseStage('a'), evaluationStage('b', 'a'), phaseStage('c')], folder);

/** Forks a stand-in of fixtures/workers, gives it the job and waits for its first word. */
async function begin(worker: string) {
  const child = fork(`test/execute/fixtures/workers/${worker}.js`, {
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

  it.each(['SIGINT', 'SIGTERM'] as const)('stops its stage on %s and begins no other', async signal => {
    const { child } = await begin('hang');
    const messages: { type: string; message?: string; stage?: string }[] = [];
    child.on('message', message => messages.push(message as (typeof messages)[number]));
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([1, null]);
    expect(messages).toMatchObject([
      { type: 'stage-failed', stage: 'phase a', kind: 'signal', message: 'stopped' },
      { type: 'stage-failed', stage: 'phase c', kind: 'signal', message: 'Stopped before it began' },
      { type: 'job-ended' },
    ]);
  });

  it('does what does not build on a stage that failed, and nothing that does', async () => {
    process.env.FAKE_ONLY = 'phase a';
    const { child, message } = await begin('nan');
    delete process.env.FAKE_ONLY;
    const messages = [message];
    child.on('message', one => messages.push(one));
    expect(await once(child, 'exit')).toEqual([1, null]);
    const told = messages.filter(({ type }) => /failed|finished|ended/.test(type));
    expect(told).toMatchObject([
      { type: 'stage-failed', key: keyOf('a'), kind: 'nan' },
      { type: 'stage-finished', key: keyOf('c'), kind: 'phase' },
      { type: 'job-ended' },
    ]);
  });
});
