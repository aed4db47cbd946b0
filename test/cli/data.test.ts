import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { newFolder } from '../support/files.ts';
import { sendFile, serve, type TestServer } from '../support/server.ts';
import { tar } from '../support/tar.ts';
import { makeWorkspace, runProgram } from './program.ts';

const parts = [...[1, 2, 3, 4, 5].map(n => `data_batch_${n}.bin`), 'test_batch.bin'];
const record = Buffer.alloc(3073, 3);
const archive = gzipSync(tar(parts.map(name => ({ name: `cifar-10-batches-bin/${name}`, content: record }))));

let server: TestServer | undefined;
afterEach(async () => {
  delete process.env.NERN_SWEEP_MIRROR;
  await server?.close();
});

test('a data set is imported from an archive, after which it is there', async () => {
  const workspace = makeWorkspace();
  const place = newFolder({ 'cifar.tgz': archive });
  const from = ['data', 'cifar10', '--from', join(place, 'cifar.tgz')];
  const ended = await runProgram(workspace, from);
  expect(ended).toMatchObject({ code: 0, stdout: 'cifar10 is unpacked: data/cifar-10-batches-bin\n' });
  expect(readdirSync(join(workspace.folder, 'data/cifar-10-batches-bin')).sort()).toEqual([...parts].sort());
  expect(await runProgram(workspace, from)).toMatchObject({
    code: 0,
    stdout: 'cifar10 is there already: data/cifar-10-batches-bin\n',
  });
});

test('what a mirror sends is refused when it is not the official archive; lines tell how far it is', async () => {
  server = await serve((request, response) => sendFile(request, response, archive));
  process.env.NERN_SWEEP_MIRROR = server.url;
  const { code, stderr } = await runProgram(makeWorkspace(), ['data', 'cifar10']);
  expect(code).toBe(3);
  expect(stderr).toContain(`CIFAR-10 from ${server.url}/cifar-10-binary.tar.gz`);
  expect(stderr).toContain('100 %');
  expect(stderr).toContain(`got \`${createHash('md5').update(archive).digest('hex')}\``);
});

test('a data set that must be asked for says how', async () => {
  const { code, stderr } = await runProgram(makeWorkspace(), ['data', 'imagenet']);
  expect(code).toBe(3);
  expect(stderr).toContain('--from FOLDER');
});
