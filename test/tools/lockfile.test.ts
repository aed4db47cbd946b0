import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { newFolder } from '../support/files.ts';

const check = (...file: string[]) =>
  execa('node', ['tools/lockfile.js', '--check', ...file], { reject: false, preferLocal: false });

test('no dependency may run an install script', async () => {
  const { exitCode, stderr } = await check();
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
});

test('a lock file that npm wrote anew is refused', async () => {
  const folder = newFolder();
  const lock = JSON.parse(await readFile('package-lock.json', 'utf8'));
  lock.packages['node_modules/onnxruntime-node'].hasInstallScript = true;
  await writeFile(join(folder, 'package-lock.json'), `${JSON.stringify(lock, null, 2)}\n`);
  const { exitCode, stderr } = await check(join(folder, 'package-lock.json'));
  expect(stderr).toContain('npm run lockfile');
  expect(exitCode).toBe(1);
});
