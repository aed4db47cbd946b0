import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { readOnnxFile } from '../../src/weights/onnx-file.ts';
import { newFolder } from '../support/files.ts';
import { type FileTensor, onnxBytes } from '../support/onnx-file.ts';

/** A file in a folder of its own, with a tensor of two numbers and one of three whole ones in other files. */
function write(external: Record<string, string>, others: Record<string, Uint8Array> = {}): string {
  const folder = join(newFolder(), 'models');
  mkdirSync(join(folder, 'parts'), { recursive: true });
  const tensors: FileTensor[] = [{ name: 'w', shape: [2], data: Float32Array.of(0, 0), external }];
  const content = { opset: 17, nodes: [], tensors, inputs: { x: [1] }, outputs: ['y'] };
  writeFileSync(join(folder, 'net.onnx'), onnxBytes(content));
  for (const [name, bytes] of Object.entries(others)) writeFileSync(join(folder, name), bytes);
  return join(folder, 'net.onnx');
}

const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
const data = floats(1, 2, 3, 4);

/** What a file is refused with, without its path. */
async function refusal(path: string): Promise<string> {
  const error = await readOnnxFile(path).catch(error => error);
  expect(error).toBeInstanceOf(Failure);
  expect([error.kind, typeof error.hint]).toEqual(['checkpoint', 'string']);
  return error.message.replaceAll(join(path, '..'), 'models').replaceAll(join(path, '../..'), '.');
}

describe('weights in another file', () => {
  test.each([
    ['at its beginning', { location: 'w.bin' }, [1, 2]],
    ['at an offset', { location: 'w.bin', offset: '8' }, [3, 4]],
    ['at an offset with a length', { location: './w.bin', offset: '4', length: '8' }, [2, 3]],
    ['in a folder below', { location: 'parts/w.bin', length: '8' }, [5, 6]],
  ])('are read %s', async (_, external, expected) => {
    const path = write(external, { 'w.bin': data, 'parts/w.bin': floats(5, 6) });
    const { graph } = await readOnnxFile(path);
    expect([...graph.constants.get('w')!.data]).toEqual(expected);
  });

  test('are part of what the file is known by', async () => {
    const hash = async (bytes: Uint8Array) =>
      (await readOnnxFile(write({ location: 'w.bin' }, { 'w.bin': bytes }))).sha256;
    expect(await hash(data)).toBe(await hash(data));
    expect(await hash(data)).not.toBe(await hash(floats(1, 2, 3, 5)));
  });

  test('may be behind a link that stays in the folder', async () => {
    const path = write({ location: 'link.bin' }, { 'w.bin': data });
    symlinkSync('w.bin', join(path, '../link.bin'));
    expect([...(await readOnnxFile(path)).graph.constants.get('w')!.data]).toEqual([1, 2]);
  });
});

describe('is refused', () => {
  test.each([
    ['../secret.bin', '`../secret.bin`'],
    ['parts/../../secret.bin', '`parts/../../secret.bin`'],
    ['/etc/hostname', '`/etc/hostname`'],
    ['C:/secret.bin', '`C:/secret.bin`'],
    ['..\\secret.bin', '`..\\secret.bin`'],
    ['parts//w.bin', '`parts//w.bin`'],
    ['', '``'],
  ])('a file outside of the folder: %s', async (location, found) => {
    const path = write({ location }, { 'w.bin': data });
    writeFileSync(join(path, '../../secret.bin'), data);
    expect(await refusal(path)).toBe(
      `Expected models/net.onnx to keep its weights in a file of its own folder, got ${found}`,
    );
  });

  test.each(['../secret.bin', '../secrets/w.bin'])('a link that leads out of it: %s', async to => {
    const path = write({ location: 'link.bin' });
    mkdirSync(join(path, '../../secrets'));
    for (const name of ['secret.bin', 'secrets/w.bin']) writeFileSync(join(path, '../..', name), data);
    symlinkSync(to, join(path, '../link.bin'));
    expect(await refusal(path)).toMatch(/^Expected models\/net\.onnx to keep its weights .* got a link to /);
  });

  test('a folder that is a link that leads out of it', async () => {
    const path = write({ location: 'elsewhere/w.bin' });
    mkdirSync(join(path, '../../models-of-others'));
    writeFileSync(join(path, '../../models-of-others/w.bin'), data);
    symlinkSync('../models-of-others', join(path, '../elsewhere'));
    expect(await refusal(path)).toContain('got a link to ');
  });

  test.each([
    [
      { location: 'none.bin' },
      'Expected a file models/none.bin with the weights of models/net.onnx, found none',
    ],
    [{ location: 'parts' }, 'Expected models/parts to be a file, got a folder'],
    [
      { location: 'w.bin', offset: '12' },
      'Expected models/net.onnx to be an ONNX file with tensor `w` to have its 8 bytes among the 16 of `w.bin`, got them from byte `12`',
    ],
    [
      { location: 'w.bin', offset: '-8' },
      'Expected models/net.onnx to be an ONNX file with tensor `w` to have its 8 bytes among the 16 of `w.bin`, got them from byte `-8`',
    ],
    [
      { location: 'w.bin', offset: '9007199254740992' },
      'Expected models/net.onnx to be an ONNX file with tensor `w` to have its 8 bytes among the 16 of `w.bin`, got them from byte `9007199254740992`',
    ],
    [
      { location: 'w.bin', length: '16' },
      'Expected models/net.onnx to be an ONNX file with 8 bytes in tensor `w`, got `16`',
    ],
    [
      { location: 'w.bin', length: '8e0' },
      'Expected models/net.onnx to be an ONNX file with 8 bytes in tensor `w`, got `8e0`',
    ],
  ])('%o', async (external, expected) => {
    expect(await refusal(write(external, { 'w.bin': data }))).toBe(expected);
  });

  test('more than a network has, before it is read', async () => {
    const path = write({ location: 'w.bin' }, { 'w.bin': data });
    truncateSync(join(path, '../w.bin'), 2 ** 30);
    expect(await refusal(path)).toMatch(
      /^Expected models\/w\.bin to have at most 10737\d+ bytes, got 1073741824$/,
    );
  });
});
