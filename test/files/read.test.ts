import { execFileSync } from 'node:child_process';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readBounded } from '../../src/files/read.ts';
import { newFolder } from '../support/files.ts';

test('a file of at most the limit is read whole', async () => {
  const path = join(newFolder(), 'file');
  await writeFile(path, 'abc');
  expect((await readBounded(path, 3, 'data')).toString()).toBe('abc');
  await expect(readBounded(path, 2, 'data')).rejects.toMatchObject({
    kind: 'data',
    message: `Expected ${path} to have at most 2 bytes, got 3`,
  });
});

test('a file that claims a terabyte is refused before it is read', async () => {
  const path = join(newFolder(), 'sparse');
  await writeFile(path, '');
  await truncate(path, 2 ** 40);
  await expect(readBounded(path, 2 ** 30, 'checkpoint')).rejects.toMatchObject({ kind: 'checkpoint' });
});

test('what is missing or no file is a failure of the kind that was asked for', async () => {
  const root = newFolder();
  await expect(readBounded(join(root, 'none'), 9, 'data')).rejects.toMatchObject({
    kind: 'data',
    message: `Expected a file at ${join(root, 'none')}, found none`,
  });
  await expect(readBounded(root, 9, 'checkpoint')).rejects.toMatchObject({
    kind: 'checkpoint',
    message: `Expected ${root} to be a file, got a folder`,
  });
});

test.skipIf(process.platform === 'win32')('a pipe is refused, not waited for', async () => {
  const path = join(newFolder(), 'pipe');
  execFileSync('mkfifo', [path]);
  await expect(readBounded(path, 9, 'data')).rejects.toMatchObject({
    message: expect.stringContaining('to be a file'),
  });
});
