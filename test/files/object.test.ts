import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { objectFolder, readObject, writeObject } from '../../src/files/object.ts';
import { newFolder } from '../support/files.ts';

let store: string;
beforeEach(() => {
  store = newFolder();
});

const key = 'ab'.repeat(32);
const content = {
  ...{ kind: 'phase', key, record: { seed: 3, loss: 0.25 }, provenance: { engine: 'none' } },
  files: new Map<string, string | Uint8Array>([
    ['predictor.safetensors', Uint8Array.of(1, 2, 3, 250)],
    ['notes.json', '{"note": "ü"}'],
  ]),
};
const folder = () => objectFolder(store, key);

describe('an object', () => {
  it('comes back as it was written', async () => {
    await writeObject(folder(), content);
    const { files: _, ...rest } = content;
    expect(await readObject(folder(), key)).toMatchObject({ state: 'complete', object: rest });
    expect(readFileSync(join(folder(), 'predictor.safetensors'))).toEqual(Buffer.of(1, 2, 3, 250));
    expect(readdirSync(join(store, 'ab'))).toEqual([key]);
  });

  it('is absent where none was written', async () => {
    expect(await readObject(folder(), key)).toEqual({ state: 'absent' });
  });

  it('that is there already stays as it is', async () => {
    await writeObject(folder(), content);
    await writeObject(folder(), { ...content, record: { seed: 4 }, files: new Map() });
    expect(await readObject(folder(), key)).toMatchObject({ object: { record: content.record } });
    expect(readdirSync(join(store, 'ab'))).toEqual([key]);
  });

  it('is written once by several at a time', async () => {
    await Promise.all(Array.from({ length: 8 }, () => writeObject(folder(), content)));
    expect(await readObject(folder(), key)).toMatchObject({ state: 'complete' });
    expect(readdirSync(join(store, 'ab'))).toEqual([key]);
  });

  it('is refused where it would not come back: of a number that JSON lacks', async () => {
    const written = writeObject(folder(), { ...content, record: { loss: Number.NaN } });
    await expect(written).rejects.toThrow('Expected the record of a phase to be JSON data');
    expect(readdirSync(join(store, 'ab'))).toEqual([]);
  });

  it('of another key does not count', async () => {
    await writeObject(folder(), { ...content, key: 'cd'.repeat(32) });
    expect(await readObject(folder(), key)).toEqual({
      state: 'damaged',
      reason: 'its checksum does not fit',
    });
  });

  it.each([
    ['object.json', 'it lacks object.json'],
    ['notes.json', 'it lacks notes.json'],
  ])('without its %s is damaged', async (name, reason) => {
    await writeObject(folder(), content);
    rmSync(join(folder(), name));
    expect(await readObject(folder(), key)).toEqual({ state: 'damaged', reason });
  });

  it('with any changed byte or cut short in any of its files never counts as another one', async () => {
    await writeObject(folder(), content);
    const sound = await readObject(folder(), key);
    const names = readdirSync(folder());
    const property = fc.asyncProperty(
      fc.constantFrom(...names),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.integer({ min: 1, max: 255 }),
      fc.boolean(),
      async (name, where, mask, cut) => {
        const file = join(folder(), name);
        const bytes = readFileSync(file);
        const at = Math.floor(where * bytes.length);
        const changed = Buffer.from(cut ? bytes.subarray(0, at) : bytes);
        if (!cut) changed[at]! ^= mask;
        writeFileSync(file, changed);
        const read = await readObject(folder(), key);
        writeFileSync(file, bytes);
        // Only white space of object.json can change without changing what is said.
        if (read.state === 'complete' && name === 'object.json') expect(read).toEqual(sound);
        else expect(read.state).toBe('damaged');
      },
    );
    await fc.assert(property, { numRuns: 200 });
  });

  it('that cannot be written is told by its place, and nothing is left behind', async () => {
    writeFileSync(join(store, 'ab'), 'a file');
    await expect(writeObject(folder(), content)).rejects.toMatchObject({
      kind: 'environment',
      message: expect.stringContaining(join(store, 'ab')),
    });
    expect(readdirSync(store)).toEqual(['ab']);
  });
});
