import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/failure.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { readSafetensors, writeSafetensors } from '../../src/weights/safetensors.ts';
import { readTorchLegacy } from '../../src/weights/torch-legacy.ts';
import { readTorchZip } from '../../src/weights/torch-zip.ts';
import { testWith } from '../support/shared-data.ts';
import { floats, legacyFile, statePart, zipFile } from '../support/torch-file.ts';

type Read = (bytes: Uint8Array, file: string) => Map<string, Tensor>;

const state = statePart([
  { name: 'conv.weight', shape: [2, 3] },
  { name: 'bn.count', shape: [], strides: [], length: 1, type: 'FloatStorage' },
]);
const storages = { 'conv.weight': floats(1, 2, 3, 4, 5, 6), 'bn.count': floats(7) };
const small = new Map([
  ['conv.weight', { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
  ['bn.count', { shape: [], data: Float32Array.of(7) }],
]);

const formats: [string, Read, Buffer][] = [
  ['safetensors', readSafetensors, Buffer.from(writeSafetensors(small))],
  ['torch zip', readTorchZip, zipFile(state, storages)],
  ['torch zip, compressed', readTorchZip, zipFile(state, storages, 9)],
  ['torch legacy', readTorchLegacy, legacyFile(state, storages)],
];

/** The tensors, or the failure; anything else that is thrown is a bug. */
function outcome(read: Read, bytes: Uint8Array): Map<string, Tensor> | Failure {
  try {
    return read(bytes, 'damaged.pt');
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

describe.each(formats)('%s', (_, read, whole) => {
  test('the whole file is read', () => {
    expect(new Map([...read(whole, 'file')].sort().reverse())).toEqual(small);
  });

  test('cut short anywhere, it is a failure', () => {
    for (let length = 0; length < whole.length; length++) {
      const result = outcome(read, Buffer.from(whole.subarray(0, length)));
      expect(result, `${length} of ${whole.length} bytes`).toBeInstanceOf(Failure);
      expect((result as Failure).kind).toBe('checkpoint');
    }
  });

  test('with any bytes changed, it is a failure or small tensors, and quickly', () => {
    const edits = fc.array(fc.tuple(fc.nat({ max: whole.length - 1 }), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(edits, changes => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of changes) bytes[at] = value;
        const started = performance.now();
        const result = outcome(read, bytes);
        expect(performance.now() - started).toBeLessThan(2_000);
        if (result instanceof Failure) expect(result.message).toContain('damaged.pt');
        else for (const { data } of result.values()) expect(data.length).toBeLessThanOrEqual(whole.length);
      }),
      { numRuns: 3_000 },
    );
  });

  test('with every single byte set to its extremes, it is a failure or small tensors', () => {
    for (let at = 0; at < whole.length; at++) {
      for (const value of [0x00, 0xff, whole[at]! ^ 0x80]) {
        const bytes = Buffer.from(whole);
        bytes[at] = value;
        const result = outcome(read, bytes);
        if (result instanceof Map) {
          for (const { data } of result.values()) expect(data.length).toBeLessThanOrEqual(whole.length);
        }
      }
    }
  });

  test('random bytes behind its beginning are a failure', () => {
    fc.assert(
      fc.property(fc.nat({ max: 40 }), fc.uint8Array({ minLength: 1, maxLength: 200 }), (kept, noise) => {
        const bytes = Buffer.concat([whole.subarray(0, kept), noise]);
        const result = outcome(read, bytes);
        if (!bytes.equals(whole)) expect(result).toBeInstanceOf(Failure);
      }),
      { numRuns: 500 },
    );
  });
});

describe.each([0, 9] as const)('a zip archive at level %d', level => {
  test('with any bit of its weights changed is a failure, or the same weights', () => {
    const whole = zipFile(state, storages, level);
    const from = whole.indexOf('archive/data/conv.weight') + 'archive/data/conv.weight'.length;
    const to = whole.indexOf('PK', from);
    for (let bit = 8 * from; bit < 8 * to; bit++) {
      const bytes = Buffer.from(whole);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      const result = outcome(readTorchZip, bytes);
      // Compressed entries end with bits that mean nothing.
      if (!(result instanceof Failure))
        expect(result.get('conv.weight'), `bit ${bit}`).toEqual(small.get('conv.weight'));
    }
  });
});

describe('real files, cut short', () => {
  const real: [string, Read][] = [
    ['resnet20-12fca82f.th', readTorchLegacy],
    ['resnet56-4bfd9763.th', readTorchLegacy],
    ['resnet20.safetensors', readSafetensors],
    ['chenyaofo_cifar10_resnet20.pth', readTorchZip],
    ['chenyaofo_cifar100_resnet20.pth', readTorchZip],
    ['chenyaofo_cifar100_resnet56.pth', readTorchZip],
  ];
  for (const [name, read] of real) {
    testWith(`resnet/${name}`, `${name} is a failure wherever it ends`, async path => {
      const whole = await readFile(path);
      fc.assert(
        fc.property(fc.nat({ max: whole.length - 1 }), length => {
          expect(outcome(read, whole.subarray(0, length))).toBeInstanceOf(Failure);
        }),
        { numRuns: 25 },
      );
    });
  }
});
