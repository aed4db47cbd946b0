import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { objectFolder, writeObject } from '../../src/files/object.ts';
import { workFolder } from '../../src/files/work-folder.ts';
import { planFile } from '../../src/plan/plan-file.ts';
import { collectGarbage, takeInventory } from '../../src/store/garbage.ts';
import { takeLock } from '../../src/store/lock.ts';
import { storeFolder } from '../../src/store/store.ts';
import { keyOf } from '../support/fake-stages.ts';
import { newFolder } from '../support/files.ts';

let runs: string;
let store: string;
beforeEach(() => {
  runs = newFolder();
  store = storeFolder(runs);
});

const object = async (name: string, content: string) => {
  const about = { kind: 'evaluation', key: keyOf(name), record: {}, provenance: {} };
  await writeObject(objectFolder(store, keyOf(name)), { ...about, files: new Map([['file', content]]) });
  return objectFolder(store, keyOf(name));
};

const work = (name: string) => {
  const folder = workFolder(store, keyOf(name));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'checkpoint.json'), '{}');
  return folder;
};

function plan(sweep: string, ...stages: string[]) {
  mkdirSync(join(runs, sweep), { recursive: true });
  const lines = [{ plan: 1, sweep }, ...stages.map(name => ({ stage: { key: keyOf(name) } }))];
  writeFileSync(join(runs, sweep, planFile), lines.map(line => `${JSON.stringify(line)}\n`).join(''));
}

/** What a writer that was killed so many seconds ago left. */
function remains(beside: string, secondsAgo: number) {
  const folder = join(dirname(beside), `.${keyOf(`${secondsAgo}`).slice(0, 36)}.tmp`);
  mkdirSync(folder);
  writeFileSync(join(folder, 'file'), 'half of it');
  const then = Date.now() / 1000 - secondsAgo;
  utimesSync(folder, then, then);
  return folder;
}

describe('garbage', () => {
  it('is what no plan names, and what is left of writers that were killed', async () => {
    const [one, other, unneeded] = [
      await object('one', '1'),
      await object('other', '2'),
      await object('x', '3'),
    ];
    const [begun, abandoned] = [work('one'), work('x')];
    const [old, young] = [remains(one, 4_000), remains(one, 3_000)];
    plan('first', 'one');
    plan('second', 'one', 'other');
    const { objects, sweeps, garbage } = await takeInventory(runs);
    expect([objects, sweeps]).toEqual([3, 2]);
    expect(garbage.map(({ what, path }) => [what, path])).toEqual([
      ['object', unneeded],
      ['work', abandoned],
      ['remains', old],
    ]);
    const bytes = garbage.reduce((sum, one) => sum + one.bytes, 0);
    expect(garbage.at(-1)!.bytes).toBe('half of it'.length);
    expect(await collectGarbage(runs, garbage)).toBe(bytes);
    expect([unneeded, abandoned, old].filter(existsSync)).toEqual([]);
    expect([one, other, begun, young].every(existsSync)).toBe(true);
    expect(readdirSync(join(store, 'locks'))).toEqual([]);
    expect((await takeInventory(runs)).garbage).toEqual([]);
  });

  it('is left alone while somebody is at it', async () => {
    const path = await object('x', '1');
    const { garbage } = await takeInventory(runs);
    const lock = await takeLock(store, keyOf('x'));
    expect(await collectGarbage(runs, garbage)).toBe(0);
    expect(existsSync(path)).toBe(true);
    if (lock.state === 'taken') await lock.release();
    expect(await collectGarbage(runs, garbage)).toBeGreaterThan(0);
    expect(existsSync(path)).toBe(false);
  });

  it.each([
    ['damaged', (file: string) => writeFileSync(file, 'no plan')],
    ['cut short', (file: string) => writeFileSync(file, '{ "run": "a/seed-0", "stages": ["0')],
    ['empty', (file: string) => writeFileSync(file, '')],
    ['no file', (file: string) => mkdirSync(file)],
  ])('is none where a plan is %s: nobody knows what it needs', async (_, spoil) => {
    await object('x', '1');
    mkdirSync(join(runs, 'sweep'));
    const file = join(runs, 'sweep', planFile);
    spoil(file);
    await expect(takeInventory(runs)).rejects.toMatchObject({
      kind: 'environment',
      message: expect.stringContaining(`Expected ${file} to be a plan, got `),
    });
  });

  it('is none where there is nothing', async () => {
    expect(await takeInventory(join(runs, 'nowhere'))).toEqual({ objects: 0, sweeps: 0, garbage: [] });
  });
});
