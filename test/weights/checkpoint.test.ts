import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Failure } from '../../src/failure.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { readCheckpoint } from '../../src/weights/checkpoint.ts';
import { writeSafetensors } from '../../src/weights/safetensors.ts';
import { newFolder } from '../support/files.ts';
import { sharedData, testWith } from '../support/shared-data.ts';

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

async function written(name: string, bytes: Uint8Array | string): Promise<string> {
  const path = join(newFolder(), name);
  await writeFile(path, bytes);
  return path;
}

interface Expected {
  shape: number[];
  data: number[];
}

test.each([
  ['torch-zip.pt', 'torch-zip'],
  ['torch-legacy.pt', 'torch-legacy'],
  ['torch-protocol4.pt', 'torch-legacy'],
])(
  '%s: every number format, strides, parameters, tied weights, unwrapped and without `module.`',
  async (name, format) => {
    const expected = JSON.parse(await readFile(fixture('expected.json'), 'utf8')) as Record<string, Expected>;
    const checkpoint = await readCheckpoint(fixture(name));
    expect(checkpoint.format).toBe(format);
    expect([...checkpoint.tensors.keys()]).toEqual(Object.keys(expected));
    for (const [key, { shape, data }] of Object.entries(expected)) {
      const tensor = checkpoint.tensors.get(key)!;
      expect(tensor.shape).toEqual(shape);
      expect(tensor.data).toEqual(Float32Array.from(data));
    }
  },
);

describe('the real files', () => {
  const real = [
    ['resnet20-12fca82f.th', 'torch-legacy', 97, 271_098],
    ['resnet56-4bfd9763.th', 'torch-legacy', 277, 857_082],
    ['resnet20.safetensors', 'safetensors', 97, 271_098],
    ['chenyaofo_cifar10_resnet20.pth', 'torch-zip', 128, undefined],
    ['chenyaofo_cifar100_resnet20.pth', 'torch-zip', 128, undefined],
    ['chenyaofo_cifar100_resnet56.pth', 'torch-zip', undefined, undefined],
  ] as const;
  for (const [name, format, tensors, values] of real) {
    testWith(
      `resnet/${name}`,
      `${name} has the tensors and the sha256 that its reference says`,
      async path => {
        const reference = JSON.parse(await readFile(join(sharedData, 'REFERENCE.json'), 'utf8'));
        const checkpoint = await readCheckpoint(path);
        expect(checkpoint.format).toBe(format);
        expect(checkpoint.sha256).toBe(reference.files[`resnet/${name}`].sha256);
        expect(checkpoint.tensors.get('conv1.weight')!.shape).toEqual([16, 3, 3, 3]);
        if (tensors) expect(checkpoint.tensors.size).toBe(tensors);
        const all = [...checkpoint.tensors.values()];
        if (values) expect(all.reduce((sum, { data }) => sum + data.length, 0)).toBe(values);
        expect(all.every(({ data }) => data.every(Number.isFinite))).toBe(true);
      },
    );
  }

  testWith(
    'resnet/resnet20.safetensors',
    'two formats of one network are the same, bit for bit',
    async path => {
      const one = await readCheckpoint(path);
      const other = await readCheckpoint(join(sharedData, 'resnet/resnet20-12fca82f.th'));
      const bytes = ({ data }: Tensor) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
      expect([...one.tensors.keys()].sort()).toEqual([...other.tensors.keys()].sort());
      for (const [name, tensor] of one.tensors) {
        expect(tensor.shape).toEqual(other.tensors.get(name)!.shape);
        expect(bytes(tensor).equals(bytes(other.tensors.get(name)!))).toBe(true);
      }
    },
  );
});

describe('a file that cannot be used is a checkpoint failure that says why', () => {
  const tensors = new Map([['weight', { shape: [2], data: Float32Array.of(1, 2) }]]);
  const failure = async (path: string) => {
    try {
      await readCheckpoint(path);
    } catch (error) {
      return error as Failure;
    }
    throw expect.unreachable();
  };

  test('missing', async () => {
    const path = join(newFolder(), 'none.pt');
    expect(await failure(path)).toMatchObject({
      kind: 'checkpoint',
      message: `Expected a file at ${path}, found none`,
    });
  });

  test('a folder', async () => {
    expect(await failure(newFolder())).toMatchObject({ kind: 'checkpoint' });
  });

  test('not the file that the sha256 in its name belongs to', async () => {
    const path = await written('weights-0123abcd.safetensors', writeSafetensors(tensors));
    expect(await failure(path)).toMatchObject({
      kind: 'checkpoint',
      message: expect.stringMatching(
        /Expected the sha256 of .* to begin with 0123abcd as its name says, got [0-9a-f]{8}/,
      ),
    });
  });

  test('the file that the sha256 in its name belongs to is read', async () => {
    const bytes = writeSafetensors(tensors);
    const { sha256 } = await readCheckpoint(await written('plain.safetensors', bytes));
    const named = await readCheckpoint(await written(`weights-${sha256.slice(0, 8)}.safetensors`, bytes));
    expect(named.tensors).toEqual(tensors);
  });

  test.each(['20231015', '19991231', '202310152359', '20231015235959'])(
    'the date %s in a name is no sha256',
    async digits => {
      const path = await written(`weights-${digits}.safetensors`, writeSafetensors(tensors));
      expect((await readCheckpoint(path)).tensors).toEqual(tensors);
    },
  );

  test.each(['20231315', '20230032', '12345678', '2023101'.padEnd(8, 'a')])(
    'the digits %s in a name are no date',
    async digits => {
      const path = await written(`weights-${digits}.safetensors`, writeSafetensors(tensors));
      expect((await failure(path)).message).toContain(`to begin with ${digits}`);
    },
  );

  test('the format is told from the bytes, not from the extension', async () => {
    const { format } = await readCheckpoint(await written('weights.pth', writeSafetensors(tensors)));
    expect(format).toBe('safetensors');
  });

  test.each([
    ['empty', '', 'get it again'],
    ['of no kind that is known', 'anything', 'Save the state dict'],
    ['a web page', '<!DOCTYPE html><html>', 'web page'],
    ['a Git LFS pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:0', 'git lfs pull'],
    ['gzip', Buffer.from('1f8b0800000000', 'hex'), 'gzip'],
    ['HDF5', Buffer.from('894844460d0a1a0a', 'hex'), 'HDF5'],
    ['a bare pickle', Buffer.from('8003 7d71 002e'.replaceAll(' ', ''), 'hex'), 'bare pickle'],
  ])('foreign: %s', async (_, bytes, hint) => {
    const error = await failure(await written('foreign.pt', bytes));
    expect(error).toMatchObject({ kind: 'checkpoint', hint: expect.stringContaining(hint) });
    expect(error.message).toContain('foreign.pt');
  });

  test('without any tensor', async () => {
    const path = await written('none.safetensors', writeSafetensors(new Map()));
    expect(await failure(path)).toMatchObject({
      kind: 'checkpoint',
      message: expect.stringContaining('found none'),
    });
  });
});
