import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { takeLock } from '../../src/store/lock.ts';
import { newFolder } from '../support/files.ts';

let store: string;
beforeEach(() => {
  store = newFolder();
});

const file = () => join(store, 'locks', 'key');

/** A lock as somebody else left it, last touched so many seconds ago. */
function left(text: string, secondsAgo = 0): void {
  mkdirSync(join(store, 'locks'), { recursive: true });
  writeFileSync(file(), text);
  const then = new Date(Date.now() - secondsAgo * 1000);
  utimesSync(file(), then, then);
}

/** A process of this machine that has ended. */
const endedProcess = () => spawnSync(process.execPath, ['-e', '']).pid;

const ownedBy = (host: string, pid: number) => JSON.stringify({ host, pid });

async function take() {
  const taking = await takeLock(store, 'key');
  if (taking.state === 'taken') await taking.release();
  return taking;
}

describe('the lock of a stage', () => {
  it('is held by one at a time, who is named, until it is released', async () => {
    const taking = await takeLock(store, 'key');
    expect(taking.state).toBe('taken');
    expect(JSON.parse(readFileSync(file(), 'utf8'))).toEqual({ host: hostname(), pid: process.pid });
    expect(await takeLock(store, 'key')).toEqual({
      state: 'held',
      owner: `process ${process.pid} on ${hostname()}`,
    });
    if (taking.state === 'taken') await taking.release();
    expect(existsSync(file())).toBe(false);
    expect((await take()).state).toBe('taken');
  });

  it('does not keep others from other stages', async () => {
    expect((await takeLock(store, 'key')).state).toBe('taken');
    expect((await takeLock(store, 'other')).state).toBe('taken');
  });

  it('is given to exactly one of many that want it at once', async () => {
    const states = (await Promise.all(Array.from({ length: 20 }, () => takeLock(store, 'key')))).map(
      ({ state }) => state,
    );
    expect(states.filter(state => state === 'taken')).toHaveLength(1);
  });

  it('of a dead process of this machine is taken over, by exactly one', async () => {
    left(ownedBy(hostname(), endedProcess()));
    const states = (await Promise.all(Array.from({ length: 20 }, () => takeLock(store, 'key')))).map(
      ({ state }) => state,
    );
    expect(states.filter(state => state === 'taken')).toHaveLength(1);
    expect(readdirSync(join(store, 'locks'))).toEqual(['key']);
  });

  it.each([
    ['of another machine that gave a sign of life', ownedBy('elsewhere', 1), 5, 'held'],
    ['of another machine that is silent', ownedBy('elsewhere', 1), 3600, 'taken'],
    ['of a living process that is silent', ownedBy(hostname(), process.ppid), 3600, 'taken'],
    ['that is being written', '', 0, 'held'],
    ['that was never written to its end', '{"host": "els', 3600, 'taken'],
  ])('%s', async (_, text, secondsAgo, state) => {
    left(text, secondsAgo);
    expect((await take()).state).toBe(state);
  });

  it('is not taken over while another takes it over, unless that one died there', async () => {
    left(ownedBy(hostname(), endedProcess()));
    const guard = `${file()}.takeover`;
    writeFileSync(guard, '');
    expect((await take()).state).toBe('held');
    const longAgo = new Date(Date.now() - 3_600_000);
    utimesSync(guard, longAgo, longAgo);
    expect((await take()).state).toBe('held');
    expect((await take()).state).toBe('taken');
  });

  it('that cannot be written is told by its place', async () => {
    writeFileSync(join(store, 'locks'), '');
    await expect(takeLock(store, 'key')).rejects.toMatchObject({
      kind: 'environment',
      message: expect.stringContaining(join(store, 'locks')),
    });
  });
});
