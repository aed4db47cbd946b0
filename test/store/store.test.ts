import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { objectFolder, writeObject } from '../../src/files/object.ts';
import { keysIn, openStore } from '../../src/store/store.ts';
import { keyOf } from '../support/fake-stages.ts';
import { newFolder } from '../support/files.ts';

let folder: string;
beforeEach(() => {
  folder = newFolder();
});

const write = (name: string, kind = 'evaluation') =>
  writeObject(objectFolder(folder, keyOf(name)), {
    ...{ kind, key: keyOf(name), record: { value: name }, provenance: {} },
    files: new Map([['file', name]]),
  });

async function open() {
  const aside: [string, string][] = [];
  const store = await openStore(folder, (file, reason) => aside.push([file, reason]));
  return { store, aside };
}

describe('a store', () => {
  it('lists what was there when it was opened, and what was read since', async () => {
    await write('a');
    const { store } = await open();
    await write('b');
    expect(['a', 'b'].map(name => store.lists(keyOf(name)))).toEqual([true, false]);
    expect(await store.read(keyOf('b'))).toMatchObject({ record: { value: 'b' } });
    expect(store.lists(keyOf('b'))).toBe(true);
  });

  it('is empty where there is no folder, and refuses one that cannot be read', async () => {
    expect(await keysIn(join(folder, 'nowhere'))).toEqual(new Set());
    writeFileSync(join(folder, 'file'), '');
    await expect(keysIn(join(folder, 'file'))).rejects.toMatchObject({ kind: 'environment' });
  });

  it('knows objects from whatever else lies in its folder', async () => {
    await write('a');
    for (const name of ['locks', 'work', 'ab.txt']) writeFileSync(join(folder, name), '');
    writeFileSync(join(folder, keyOf('a').slice(0, 2), `${keyOf('a')}.damaged-1`), '');
    expect(await keysIn(folder)).toEqual(new Set([keyOf('a')]));
  });

  it.each(['evaluation', 'phase'])(
    'sets a damaged %s aside under a free name, and lacks it from then on',
    async kind => {
      const key = keyOf('a');
      for (const n of [1, 2]) {
        await write('a', kind);
        const { store, aside } = await open();
        writeFileSync(join(objectFolder(folder, key), 'file'), 'another');
        expect(await store.read(key)).toBeUndefined();
        expect(aside).toEqual([
          [`${objectFolder(folder, key)}.damaged-${n}`, 'the checksum of file does not fit'],
        ]);
        expect(store.lists(key)).toBe(false);
        expect(await store.read(key)).toBeUndefined();
        expect(aside).toHaveLength(1);
      }
      expect(readdirSync(join(folder, key.slice(0, 2))).sort()).toEqual([
        `${key}.damaged-1`,
        `${key}.damaged-2`,
      ]);
    },
  );
});
