import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { archives, type Dataset } from '../../src/catalogue/archives.ts';
import { bring } from '../../src/fetch/bring.ts';
import { failureOf, newFolder } from '../support/files.ts';
import { sendFile, serve, type TestServer } from '../support/server.ts';
import { tar } from '../support/tar.ts';

const files = { 'set/a.bin': Buffer.from('aaa'), 'set/b.bin': Buffer.from('bb') };
const archive = gzipSync(tar(Object.entries(files).map(([name, content]) => ({ name, content }))));
const dataset: Dataset = {
  title: 'A set',
  page: 'nowhere',
  archive: {
    url: 'http://127.0.0.1:9/pack/set.tar.gz',
    md5: createHash('md5').update(archive).digest('hex'),
  },
  forms: [
    { folder: 'set', parts: ['a.bin', 'b.bin'] },
    { folder: 'other-form', parts: ['c.bin'] },
  ],
  maxBytes: 10_000,
};
const patience = { tries: 2, pause: 1, silence: 5_000 };
const silent = () => {};

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** What lies in a folder, hidden files too. */
const contents = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();

describe('a data set', () => {
  test('comes from its server, and leaves nothing else behind', async () => {
    server = await serve((request, response) => sendFile(request, response, archive));
    const root = join(newFolder(), 'data');
    const notes: string[] = [];
    const errand = { dataset, root, mirror: `${server.url}/`, patience };
    const brought = await bring(errand, event => event.type === 'note' && notes.push(event.text));
    expect(brought).toEqual({ folder: join(root, 'set'), how: 'downloaded' });
    expect(contents(root)).toEqual(['.downloads', 'set', 'set/a.bin', 'set/b.bin']);
    expect(notes[0]).toContain(`${server.url}/set.tar.gz`);
    expect(await bring(errand, silent)).toEqual({ folder: join(root, 'set'), how: 'present' });
    expect(server.ranges.length).toBe(1);
  });

  test('is downloaded on after a call that broke', async () => {
    const root = newFolder({ '.downloads/set.tar.gz.part': archive.subarray(0, 50) });
    server = await serve((request, response) => sendFile(request, response, archive));
    await bring({ dataset, root, mirror: server.url, patience }, silent);
    expect(server.ranges).toEqual(['bytes=50-']);
    expect(readFileSync(join(root, 'set/a.bin'), 'utf8')).toBe('aaa');
  });

  test.each([
    ['its archive under another name', 'mine.tgz', archive],
    ['a tar that was packed anew', 'mine.tar', tar([{ name: 'deep/c.bin', content: Buffer.from('c') }])],
  ])('comes from %s', async (_, name, bytes) => {
    const place = newFolder({ [name]: bytes });
    const root = newFolder();
    const { folder, how } = await bring({ dataset, root, from: join(place, name) }, silent);
    expect(how).toBe('unpacked');
    expect([join(root, 'set'), join(root, 'other-form')]).toContain(folder);
    expect(existsSync(join(place, name))).toBe(true);
  });

  test.each(['', 'set'])('comes from a folder, `%s` in it', async below => {
    const place = newFolder(files);
    const root = newFolder();
    const brought = await bring({ dataset, root, from: join(place, below) }, silent);
    expect(brought).toEqual({ folder: join(root, 'set'), how: 'copied' });
    expect(contents(root)).toEqual(['set', 'set/a.bin', 'set/b.bin']);
  });

  test('that is too large to have twice is linked to', async () => {
    const place = newFolder({ 'train/n01/1.JPEG': 'x', 'val/n01/1.JPEG': 'x' });
    const root = newFolder();
    const { folder, how } = await bring({ dataset: archives.imagenet, root, from: place }, silent);
    expect(how).toBe('linked');
    expect(lstatSync(folder).isSymbolicLink()).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(['train', 'val']);
  });

  test('whose makers ask for a registration is not downloaded', async () => {
    const failure = await failureOf(bring({ dataset: archives.imagenet, root: newFolder() }, silent));
    expect(failure).toMatchObject({ kind: 'environment', hint: expect.stringContaining('--from FOLDER') });
  });
});

describe('nothing is brought', () => {
  const refused = async (place: Record<string, Uint8Array>, from: string) => {
    const folder = newFolder(place);
    const root = newFolder();
    const failure = await failureOf(bring({ dataset, root, from: join(folder, from) }, silent));
    expect(contents(root)).toEqual([]);
    return failure;
  };

  test('from what does not hold it', async () => {
    const failure = await refused({ 'x/y.bin': Buffer.of(1) }, '');
    expect(failure).toMatchObject({
      kind: 'data',
      message: expect.stringContaining('set with a.bin, b.bin'),
    });
    expect(failure.message).toContain('found x');
    expect((await refused({ 'a.tar': tar([{ name: 'set/a.bin' }]) }, 'a.tar')).message).toContain(
      'to hold A set',
    );
  });

  test('from an archive that leads out of its folder, or is damaged', async () => {
    const hostile = tar([
      ...Object.entries(files).map(([name, content]) => ({ name, content })),
      { name: '../evil' },
    ]);
    expect((await refused({ 'a.tar': hostile }, 'a.tar')).message).toContain('the name `../evil`');
    expect((await refused({ 'a.tgz': archive.subarray(0, 60) }, 'a.tgz')).kind).toBe('data');
  });

  test('from a damaged archive with the name of the official one', async () => {
    const failure = await refused({ 'set.tar.gz': Buffer.concat([archive, Buffer.of(0)]) }, 'set.tar.gz');
    expect(failure).toMatchObject({ kind: 'data', message: expect.stringContaining('to have the md5') });
  });

  test('from where there is nothing', async () => {
    expect(await refused({}, 'nowhere')).toMatchObject({ kind: 'spec' });
  });

  test('over a set that is not whole', async () => {
    const root = newFolder({ 'set/a.bin': Buffer.of(1) });
    const failure = await failureOf(bring({ dataset, root }, silent));
    expect(failure.message).toContain(`Expected ${join(root, 'set')} to hold b.bin`);
    expect(contents(root)).toEqual(['set', 'set/a.bin']);
  });
});

test('every set has an address, a checksum, and parts to know it by', () => {
  for (const { archive, forms, maxBytes } of Object.values<Dataset>(archives)) {
    if (archive)
      expect([new URL(archive.url).protocol, archive.md5]).toEqual([
        expect.stringMatching(/^https?:$/),
        expect.stringMatching(/^[0-9a-f]{32}$/),
      ]);
    for (const { parts } of forms) expect(parts.length).toBeGreaterThan(1);
    expect(maxBytes).toBeGreaterThan(2 ** 29);
  }
});
