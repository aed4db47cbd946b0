import { execPath } from 'node:process';
import { describe, expect, it } from 'vitest';
import { runTogether } from '../../bench/gpu/processes.ts';
import { newFolder } from '../support/files.ts';

/** A subject that is a line of JavaScript; `tell` prints a line of JSON, `go` waits for one. */
function subject(script: string): [string, ...string[]] {
  const helpers = `
    const tell = line => console.log(JSON.stringify(line));
    const go = () => new Promise(resolve => process.stdin.once('data', resolve));
    const engine = { versions: {}, device: { name: 'test', kind: 'cpu' } };`;
  return [execPath, '--input-type=module', '-e', `${helpers}\n${script}\nprocess.exit(0);`];
}

describe('runTogether', () => {
  it('starts all processes at once, when the last is warm', async () => {
    // Had one been started before the other was warm, its start would be earlier than the other's warmth.
    const timed = subject(`
      tell({ engine }); const warm = Date.now(); tell({ ready: { seconds: 1.5 } });
      await go(); tell({ measured: { warm, start: Date.now() } });`);
    let called = 0;
    const whileRunning = async () => {
      called++;
    };
    const ended = await runTogether<{ warm: number; start: number }>(timed, {
      processes: 2,
      limitSeconds: 30,
      whileRunning,
    });
    if (ended.outcome !== 'measured') throw new Error(ended.reason);
    const moments = ended.runs.map(run => run.measured);
    expect(ended.runs.map(run => run.readySeconds)).toEqual([1.5, 1.5]);
    const lastWarm = Math.max(...moments.map(({ warm }) => warm));
    expect(Math.min(...moments.map(({ start }) => start))).toBeGreaterThanOrEqual(lastWarm);
    expect(called).toBe(1);
  });

  it('judges by what was printed, not by the end', async () => {
    const crashing = subject(
      `tell({ engine }); tell({ measured: { x: 1 } }); process.kill(process.pid, 'SIGSEGV');`,
    );
    const ended = await runTogether(crashing, { processes: 1, limitSeconds: 30 });
    expect(ended).toMatchObject({ outcome: 'measured', runs: [{ measured: { x: 1 } }] });
  });

  it('is not led astray by what libraries print', async () => {
    const chatty = subject(
      `console.log('{not json'); tell({ engine }); console.log('hello'); tell({ measured: {} });`,
    );
    expect((await runTogether(chatty, { processes: 1, limitSeconds: 30 })).outcome).toBe('measured');
  });

  it('tells why an engine is absent, and why a measurement failed', async () => {
    const limits = { processes: 1, limitSeconds: 30 };
    const absent = await runTogether(subject(`tell({ absent: 'No such device' });`), limits);
    expect(absent).toEqual({ outcome: 'absent', reason: 'No such device' });
    const failed = await runTogether(subject(`tell({ engine }); tell({ failed: 'Out of memory' });`), limits);
    expect(failed).toEqual({ outcome: 'failed', reason: 'Out of memory' });
    const crashed = await runTogether(subject(`console.error('bad driver'); process.exit(7);`), limits);
    expect(crashed).toEqual({ outcome: 'failed', reason: 'A process ended with 7\nbad driver' });
  });

  it('ends what hangs', async () => {
    const hanging = subject(`tell({ engine }); await new Promise(resolve => setInterval(() => {}, 1000));`);
    const ended = await runTogether(hanging, { processes: 1, limitSeconds: 1 });
    expect(ended).toEqual({ outcome: 'failed', reason: 'A process took over 1 s' });
  });

  it('does not let the others wait for one that failed', async () => {
    const folder = newFolder();
    // Only one of them can make the folder.
    const oneFails = subject(`
      const { mkdirSync } = await import('node:fs');
      try { mkdirSync('${folder}/taken'); } catch { console.error('out of memory'); process.exit(9); }
      tell({ engine }); tell({ ready: { seconds: 0 } }); await go(); tell({ measured: {} });`);
    const ended = await runTogether(oneFails, { processes: 2, limitSeconds: 30 });
    expect(ended).toEqual({ outcome: 'failed', reason: 'A process ended with 9\nout of memory' });
  });

  it('tells of a program that is not there', async () => {
    const ended = await runTogether(['no-such-python'], { processes: 1, limitSeconds: 30 });
    expect(ended).toEqual({ outcome: 'absent', reason: '`no-such-python` is not there' });
  });
});
