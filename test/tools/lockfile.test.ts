import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';

const check = (...file: string[]) =>
  execa('node', ['tools/lockfile.js', '--check', ...file], { reject: false, preferLocal: false });

test('no dependency may run an install script', async () => {
  const { exitCode, stderr } = await check();
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
});

test('a lock file that npm wrote anew is refused', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lockfile-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const lock = JSON.parse(await readFile('package-lock.json', 'utf8'));
  lock.packages['node_modules/onnxruntime-node'].hasInstallScript = true;
  await writeFile(join(folder, 'package-lock.json'), `${JSON.stringify(lock, null, 2)}\n`);
  const { exitCode, stderr } = await check(join(folder, 'package-lock.json'));
  expect(stderr).toContain('npm run lockfile');
  expect(exitCode).toBe(1);
});
