import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { unpackArchive } from '../../src/fetch/unpack.ts';
import { failureOf, newFolder } from '../support/files.ts';
import { type TarEntry, tar } from '../support/tar.ts';

const large = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * 7) % 253));
const entries: TarEntry[] = [
  { name: 'set/', type: '5' },
  { name: 'set/large.bin', content: large },
  { name: 'set/deep/small.txt', content: Buffer.from('small') },
  { name: 'set/empty', content: Buffer.alloc(0) },
];
const limits = { maxBytes: 4_000_000 };

async function unpacked(archive: Uint8Array, name = 'a.tar') {
  const root = newFolder({ [name]: archive });
  const folder = join(root, 'out');
  const outcome = await unpackArchive(join(root, name), folder, limits).then(
    () => 'done',
    error => error,
  );
  return { root, folder, outcome };
}

describe('an archive', () => {
  test.each([
    ['tar', () => tar(entries)],
    ['tar.gz', () => gzipSync(tar(entries))],
    [
      'zip',
      () =>
        zipSync({
          'set/large.bin': large,
          'set/deep/small.txt': Buffer.from('small'),
          'set/empty': new Uint8Array(),
        }),
    ],
    [
      'stored zip',
      () =>
        zipSync(
          {
            'set/large.bin': large,
            'set/deep/small.txt': Buffer.from('small'),
            'set/empty': new Uint8Array(),
          },
          { level: 0 },
        ),
    ],
  ])('of the kind %s is unpacked', async (_, make) => {
    const { folder, outcome } = await unpacked(make());
    expect(outcome).toBe('done');
    expect(readFileSync(join(folder, 'set/large.bin')).equals(large)).toBe(true);
    expect(readFileSync(join(folder, 'set/deep/small.txt'), 'utf8')).toBe('small');
    expect(readFileSync(join(folder, 'set/empty')).length).toBe(0);
  });

  const outside = [
    '../outside',
    'set/../../outside',
    '/outside',
    'C:/outside',
    '..\\outside',
    'set/..\\..\\..\\outside',
  ];
  test.each(outside)('with the name %s is refused, and nothing lies outside', async name => {
    for (const archive of [
      tar([{ name, content: Buffer.from('x') }]),
      zipSync({ [name]: Buffer.from('x') }),
    ]) {
      const { root, outcome } = await unpacked(archive);
      expect(outcome).toMatchObject({
        kind: 'data',
        message: expect.stringContaining('files below one folder'),
      });
      expect(readdirSync(root).filter(found => found !== 'a.tar' && found !== 'out')).toEqual([]);
    }
  });

  test.each([
    ['a link out of the folder', { name: 'set/link', type: '2', link: '/etc' }, 'a SymbolicLink'],
    ['a link to a file', { name: 'set/link', type: '1', link: 'set/large.bin' }, 'a Link'],
    ['a device', { name: 'set/device', type: '3' }, 'a CharacterDevice'],
  ])('with %s is refused', async (_, entry, message) => {
    const { folder, outcome } = await unpacked(
      tar([...entries.slice(2), entry, { name: 'set/link/x', content: Buffer.from('x') }]),
    );
    expect(outcome).toMatchObject({ kind: 'data', message: expect.stringContaining(message) });
    const written = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    expect(written.filter(name => /link|device/.test(name))).toEqual([]);
  });

  test('may not write a file twice', async () => {
    const { outcome } = await unpacked(tar([entries[2]!, entries[2]!]));
    expect(outcome.message).toContain('EEXIST');
  });

  test.each([
    ['many files', () => tar([entries[1]!, { name: 'more', content: large }])],
    [
      'zeros that are packed well',
      () => gzipSync(tar([{ name: 'zeros', content: Buffer.alloc(8_000_000) }])),
    ],
    ['a zip of zeros', () => zipSync({ zeros: new Uint8Array(8_000_000) })],
    [
      'a file that claims more than there is',
      () => tar([{ name: 'claims', content: Buffer.from('x'), size: 7_000_000 }]),
    ],
  ])('of more bytes than admitted is refused: %s', async (_, make) => {
    const { outcome } = await unpacked(make());
    expect(outcome).toMatchObject({
      kind: 'data',
      message: expect.stringMatching(/at most 4000000 bytes|max decompression ratio/),
    });
  });

  test('whose zip entry has more than it claims is refused', async () => {
    const bytes = Buffer.from(zipSync({ zeros: new Uint8Array(1_000_000) }));
    const directory = bytes.indexOf(Buffer.from('PK\x01\x02', 'latin1'));
    bytes.writeUInt32LE(500, directory + 24);
    expect((await unpacked(bytes)).outcome).toMatchObject({
      kind: 'data',
      message: expect.stringContaining('more than its 500 bytes'),
    });
  });

  test.each([
    ['cut short', () => gzipSync(tar(entries)).subarray(0, 5_000)],
    ['cut short as a tar', () => tar(entries).subarray(0, 100_000)],
    ['text', () => Buffer.from('An archive, they said. '.repeat(100))],
    ['empty', () => Buffer.alloc(0)],
    ['damaged', () => Buffer.from(gzipSync(tar(entries))).fill(0xff, 2_000, 3_000)],
  ])('that is %s is refused by name', async (_, make) => {
    const { root, outcome } = await unpacked(make());
    expect(outcome).toMatchObject({ kind: 'data', message: expect.stringContaining(join(root, 'a.tar')) });
  });

  test('that is not there is missed by name', async () => {
    const failure = await failureOf(unpackArchive('/nowhere/a.tar', '/nowhere/out', limits));
    expect(failure).toMatchObject({ kind: 'data', message: expect.stringContaining('/nowhere/a.tar') });
  });
});
