import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { objectFolder, writeObject } from '../../src/files/object.ts';
import { workFolder } from '../../src/files/work-folder.ts';
import { planFile } from '../../src/plan/plan-file.ts';
import { collectGarbage, type Inventory, takeInventory } from '../../src/store/garbage.ts';
import { locksFolder, takeLock } from '../../src/store/lock.ts';
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
  const lines = [{ plan: 2, sweep }, ...stages.map(name => ({ stage: { key: keyOf(name) } }))];
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

/** A file whose writing began an hour ago or later, and was not ended. */
function halfWritten(path: string, isOld = true) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, 'half of it');
  const then = Date.now() / 1000 - (isOld ? 4_000 : 3_000);
  utimesSync(path, then, then);
  return path;
}

/** The lock of a stage as a process of this machine left it. */
function lockOf(name: string, pid: number) {
  mkdirSync(locksFolder(store), { recursive: true });
  const file = join(locksFolder(store), keyOf(name));
  writeFileSync(file, JSON.stringify({ host: hostname(), pid }));
  return file;
}

const endedProcess = () => spawnSync(process.execPath, ['-e', '']).pid;

const told = ({ garbage }: Inventory) => garbage.map(({ what, path }) => [what, path]);

describe('garbage', () => {
  it('is what no plan names, and what is left of writers that were killed', async () => {
    const [one, other, unneeded] = [
      await object('one', '1'),
      await object('other', '2'),
      await object('x', '3'),
    ];
    const [begun, abandoned] = [work('open'), work('x')];
    const [old, young] = [remains(one, 4_000), remains(one, 3_000)];
    plan('first', 'one');
    plan('second', 'one', 'other', 'open');
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

  it('is what a killed attempt left of a stage that another has done, but for what it printed', async () => {
    for (const name of ['silent', 'spoke', 'damaged', 'clean']) await object(name, name);
    const [silent, spoke, damaged, open, clean] = ['silent', 'spoke', 'damaged', 'open', 'clean'].map(work);
    for (const folder of [spoke!, clean!]) writeFileSync(join(folder, 'log.txt'), 'a warning');
    writeFileSync(join(silent!, 'log.txt'), '');
    rmSync(join(clean!, 'checkpoint.json'));
    writeFileSync(join(objectFolder(store, keyOf('damaged')), 'file'), 'something else');
    // Counted with its folder.
    halfWritten(join(silent!, '.checkpoint.json.x.tmp'));
    plan('sweep', 'silent', 'spoke', 'damaged', 'open', 'clean');
    const inventory = await takeInventory(runs);
    expect(new Set(told(inventory).map(String))).toEqual(new Set([`attempt,${silent}`, `attempt,${spoke}`]));
    const sizes = new Map(inventory.garbage.map(({ path, bytes }) => [path, bytes]));
    expect([sizes.get(silent!), sizes.get(spoke!)]).toEqual(['{}half of it'.length, '{}'.length]);
    expect(await collectGarbage(runs, inventory.garbage)).toBe('{}half of it{}'.length);
    expect([silent!, spoke!].map(path => existsSync(path) && readdirSync(path))).toEqual([
      false,
      ['log.txt'],
    ]);
    expect([damaged!, open!].map(path => readdirSync(path))).toEqual([
      ['checkpoint.json'],
      ['checkpoint.json'],
    ]);
    expect(readdirSync(clean!)).toEqual(['log.txt']);
    expect(told(await takeInventory(runs))).toEqual([]);
  });

  it('is the lock of a dead owner, needed or not; those of the living stay', async () => {
    const [dead, unneeded] = [lockOf('dead', endedProcess()), lockOf('x', endedProcess())];
    const living = lockOf('living', process.ppid);
    plan('sweep', 'dead', 'living');
    const { garbage } = await takeInventory(runs);
    expect(new Set(garbage.map(({ what, path }) => `${what} ${path}`))).toEqual(
      new Set([`lock ${dead}`, `lock ${unneeded}`]),
    );
    // Taken over since by a runner.
    writeFileSync(dead, readFileSync(living));
    await collectGarbage(runs, garbage);
    expect([dead, unneeded, living].map(existsSync)).toEqual([true, false, true]);
  });

  it('is any file below sweeps and working folders whose writing was killed long ago', async () => {
    const begun = work('open');
    plan('sweep', 'open');
    mkdirSync(join(runs, 'no sweep'));
    const places = [
      join(runs, 'sweep/.results.json.x.tmp'),
      join(runs, 'sweep/trials/a/seed-0/measures/.kernels.png.tmp'),
      join(begun, '.checkpoint.json.x.tmp'),
      join(locksFolder(store), `${keyOf('open')}.takeover`),
    ];
    const remains = places.map(path => halfWritten(path));
    const others = [
      halfWritten(join(runs, 'sweep/tables/.cells.md.x.tmp'), false),
      halfWritten(join(runs, 'sweep/tables/notes.tmp')),
      halfWritten(join(runs, 'no sweep/.results.json.x.tmp')),
      halfWritten(join(runs, '.elsewhere.tmp')),
    ];
    const inventory = await takeInventory(runs);
    expect(new Set(told(inventory).map(String))).toEqual(new Set(remains.map(path => `remains,${path}`)));
    // Begun anew since under the same name.
    const [again, ...gone] = remains;
    utimesSync(again!, new Date(), new Date());
    expect(await collectGarbage(runs, inventory.garbage)).toBe(3 * 'half of it'.length);
    expect(gone.filter(existsSync)).toEqual([]);
    expect([again!, ...others].every(existsSync)).toBe(true);
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

  it('is left alone of a stage that a runner is just finishing', async () => {
    await object('one', '1');
    const folder = work('one');
    plan('sweep', 'one');
    const lock = await takeLock(store, keyOf('one'));
    const { garbage } = await takeInventory(runs);
    expect(garbage.map(({ what }) => what)).toEqual(['attempt']);
    expect(await collectGarbage(runs, garbage)).toBe(0);
    expect(existsSync(join(folder, 'checkpoint.json'))).toBe(true);
    if (lock.state === 'taken') await lock.release();
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
