import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { placeOfHeader, placeOfLibrary } from '../../src/setup/tensorflow.ts';
import { unpack } from '../../src/setup/unpack.ts';
import { newFolder } from '../support/files.ts';

const never = new AbortController().signal;

const everything = (name: string) => name;

function archiveOf(files: Record<string, Uint8Array>, level: 0 | 6 = 6): string {
  const path = join(newFolder(), 'archive.whl');
  writeFileSync(path, zipSync(files, { level, comment: 'a comment behind the directory' } as object));
  return path;
}

describe('an archive', () => {
  it.each([0, 6] as const)('is unpacked at compression level %i, the wanted files alone', async level => {
    const large = Buffer.alloc(300_000, 'abc');
    const archive = archiveOf(
      { 'a/large.so.2': large, 'a/empty': strToU8(''), 'b/not-wanted': strToU8('x') },
      level,
    );
    const folder = newFolder();
    const place = (name: string) => (name.startsWith('a/') ? `lib/${name.slice(2)}` : undefined);
    const count = await unpack(archive, folder, place, never);
    expect(count).toBe(2);
    expect(readdirSync(join(folder, 'lib')).sort()).toEqual(['empty', 'large.so.2']);
    expect(readFileSync(join(folder, 'lib/large.so.2')).equals(large)).toBe(true);
  });

  it('may not write outside its folder', async () => {
    const archive = archiveOf({ '../outside': strToU8('x') });
    const folder = newFolder();
    await expect(unpack(archive, join(folder, 'inside'), everything, never)).rejects.toThrow(
      'lie in one folder',
    );
    expect(existsSync(join(folder, 'outside'))).toBe(false);
  });

  it.each([
    ['cut short', (bytes: Buffer) => bytes.subarray(0, bytes.length - 40)],
    ['empty', () => Buffer.alloc(0)],
    ['no archive', () => Buffer.from('A wheel, they said.')],
  ])('that is %s is refused by name', async (_, damage) => {
    const archive = archiveOf({ a: Buffer.alloc(5000, 'xyz') });
    writeFileSync(archive, damage(readFileSync(archive)));
    await expect(unpack(archive, newFolder(), everything, never)).rejects.toMatchObject({
      kind: 'environment',
      message: expect.stringContaining(`Expected ${archive} to be a whole zip archive`),
    });
  });

  it('with damaged contents is refused by the name of the file', async () => {
    const archive = archiveOf({
      'lib.so.2': Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * i) % 251)),
    });
    const bytes = readFileSync(archive);
    bytes.fill(0xff, 60, 200);
    writeFileSync(archive, bytes);
    await expect(unpack(archive, newFolder(), everything, never)).rejects.toThrow(
      `Expected to unpack lib.so.2 from`,
    );
  });
});

describe('of a TensorFlow', () => {
  it.each([
    ['tensorflow/libtensorflow_cc.so.2', 'lib/libtensorflow_cc.so.2'],
    ['tensorflow/libtensorflow_framework.2.dylib', 'lib/libtensorflow_framework.2.dylib'],
    [
      'org/tensorflow/internal/c_api/linux-x86_64/libtensorflow_framework.so.2',
      'lib/libtensorflow_framework.so.2',
    ],
    ['org/tensorflow/internal/c_api/linux-x86_64/libjnitensorflow.so', undefined],
  ])('the library %s goes to %s', (name, place) => {
    expect(placeOfLibrary(name)).toBe(place);
  });

  it.each([
    ['tensorflow/include/tensorflow/c/eager/c_api.h', 'include/tensorflow/c/eager/c_api.h'],
    ['tensorflow/include/xla/tsl/c/tsl_status.h', 'include/xla/tsl/c/tsl_status.h'],
    ['tensorflow/include/tsl/platform/ctstring.h', 'include/tsl/platform/ctstring.h'],
    ['tensorflow/include/tensorflow/core/platform/ctstring.h', 'include/tensorflow/core/platform/ctstring.h'],
    ['tensorflow/include/tensorflow/core/framework/tensor.h', undefined],
    ['tensorflow/python/framework/ops.py', undefined],
  ])('the header %s goes to %s', (name, place) => {
    expect(placeOfHeader(name)).toBe(place);
  });
});
