import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFolder, writeAtomic, writeJsonAtomic } from '../../src/files/atomic.ts';
import { newFolder } from '../support/files.ts';

test('writes into folders that are missing and replaces what was there, leaving nothing beside it', async () => {
  const root = newFolder();
  const path = join(root, 'a', 'b', 'result.json');
  await writeAtomic(path, 'old and longer');
  await writeJsonAtomic(path, { value: 1 });
  expect(await readFile(path, 'utf8')).toBe('{\n  "value": 1\n}\n');
  expect(await readdir(join(root, 'a', 'b'))).toEqual(['result.json']);
});

test('many writers of one path leave one whole file', async () => {
  const root = newFolder();
  const path = join(root, 'shared');
  const contents = Array.from({ length: 8 }, (_, i) => String(i).repeat(10_000));
  await Promise.all(contents.map(content => writeAtomic(path, content)));
  expect(contents).toContain(await readFile(path, 'utf8'));
  expect(await readdir(root)).toEqual(['shared']);
});

test('a path that cannot be written is an environment failure with the path, and leaves nothing behind', async () => {
  const root = newFolder();
  await writeFile(join(root, 'file'), '');
  const path = join(root, 'file', 'below');
  await expect(writeAtomic(path, 'x')).rejects.toMatchObject({
    kind: 'environment',
    message: expect.stringContaining(path),
    hint: expect.stringContaining('is a file'),
  });
  await mkdir(join(root, 'folder'));
  await expect(writeAtomic(join(root, 'folder'), 'x')).rejects.toMatchObject({ kind: 'environment' });
  expect((await readdir(root)).sort()).toEqual(['file', 'folder']);
});

test('many makers of one folder all succeed', async () => {
  const path = join(newFolder(), 'a', 'b', 'c');
  await Promise.all(Array.from({ length: 8 }, () => makeFolder(path)));
  expect(await readdir(path)).toEqual([]);
});

test.skipIf(process.platform !== 'linux')(
  'a system that has no room for folders is told, not asked again',
  async () => {
    await expect(makeFolder('/proc/nern-sweep/runs')).rejects.toMatchObject({
      kind: 'environment',
      message: 'Expected /proc/nern-sweep/runs to be writable, got `ENOENT`',
    });
  },
);
