import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sizeOf, type Tensor } from '../../src/graph/tensor.ts';
import { readSafetensors, writeSafetensors } from '../../src/weights/safetensors.ts';

const tensor = fc
  .array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 })
  .chain(shape =>
    fc
      .float32Array({ minLength: sizeOf(shape), maxLength: sizeOf(shape) })
      .map((data): Tensor => ({ shape, data })),
  );
const tensors = fc.dictionary(
  fc.string({ unit: 'grapheme' }).filter(name => name !== '__metadata__'),
  tensor,
);

test('what is written is read back, bit for bit, whatever the names', () => {
  fc.assert(
    fc.property(tensors, given => {
      const map = new Map(Object.entries(given));
      const back = readSafetensors(writeSafetensors(map), 'file');
      expect(new Map([...back].sort())).toEqual(new Map([...map].sort()));
    }),
  );
});

test('the bytes do not depend on the order of the tensors, and the numbers are aligned', () => {
  fc.assert(
    fc.property(tensors, given => {
      const entries = Object.entries(given);
      const bytes = writeSafetensors(new Map(entries));
      expect(Buffer.from(bytes).equals(writeSafetensors(new Map(entries.reverse())))).toBe(true);
      expect(new DataView(bytes.buffer).getUint32(0, true) % 8).toBe(0);
    }),
  );
});

/** A file with any header, and `body` bytes. */
function file(header: unknown, body = 0): Uint8Array {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(body)]);
}

const failing = (bytes: Uint8Array) => {
  try {
    readSafetensors(bytes, 'bad.safetensors');
  } catch (error) {
    return error as Error;
  }
  throw expect.unreachable();
};

test.each([
  ['no header', Buffer.from('abc'), 'at least 8 bytes, got 3'],
  ['a header longer than the file', Buffer.from('ffffffffffffff7f7b', 'hex'), 'a header of at most 1 bytes'],
  ['a header that is no JSON', file('{"a":'), 'a JSON header'],
  ['a header that is a list', file('[]'), 'a JSON object'],
  [
    'an unknown dtype',
    file({ w: { dtype: 'F8', shape: [1], data_offsets: [0, 1] } }, 1),
    'tensor w to have a dtype out of',
  ],
  [
    'a dtype named like a method',
    file({ w: { dtype: 'toString', shape: [], data_offsets: [0, 1] } }, 1),
    'a dtype out of',
  ],
  [
    'a negative length',
    file({ w: { dtype: 'F32', shape: [-1], data_offsets: [0, 4] } }, 4),
    'whole numbers, got [-1]',
  ],
  [
    'a tensor of 2^40 values',
    file({ w: { dtype: 'F32', shape: [2 ** 40], data_offsets: [0, 4] } }, 4),
    '4398046511104 bytes',
  ],
  [
    'values outside the file',
    file({ w: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } }, 4),
    '8 bytes of tensors, got 4',
  ],
  [
    'offsets in the wrong order',
    file({ w: { dtype: 'F32', shape: [1], data_offsets: [8, 4] } }, 8),
    'data_offsets [from, to] in order',
  ],
  [
    'tensors that overlap',
    file(
      {
        a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
        b: { dtype: 'F32', shape: [1], data_offsets: [2, 6] },
      },
      6,
    ),
    'tensor b to start at byte 4, got 2',
  ],
  [
    'bytes of no tensor',
    file({ w: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }, 5),
    '4 bytes of tensors, got 5',
  ],
])('a file with %s is refused', (_, bytes, message) => {
  const error = failing(bytes);
  expect(error).toMatchObject({ kind: 'checkpoint' });
  expect(error.message).toContain(message);
  expect(error.message).toContain('bad.safetensors');
});

test('metadata and other number formats are read', () => {
  const body = Buffer.from('003c' /* f16 1 */ + '803f' /* bf16 1 */ + '0500000000000000' /* i64 5 */, 'hex');
  const header = {
    __metadata__: { format: 'pt' },
    half: { dtype: 'F16', shape: [], data_offsets: [0, 2] },
    brain: { dtype: 'BF16', shape: [1], data_offsets: [2, 4] },
    count: { dtype: 'I64', shape: [1, 1], data_offsets: [4, 12] },
  };
  expect(readSafetensors(Buffer.concat([file(header), body]), 'file')).toEqual(
    new Map([
      ['half', { shape: [], data: Float32Array.of(1) }],
      ['brain', { shape: [1], data: Float32Array.of(1) }],
      ['count', { shape: [1, 1], data: Float32Array.of(5) }],
    ]),
  );
});
