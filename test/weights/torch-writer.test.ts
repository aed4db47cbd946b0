import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sizeOf, type Tensor } from '../../src/graph/tensor.ts';
import { storedIntegers } from '../../src/weights/stored.ts';
import { writeTorchZip } from '../../src/weights/torch-writer.ts';
import { readTorchZip } from '../../src/weights/torch-zip.ts';

const tensor = fc
  .array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 })
  .chain(shape =>
    fc
      .float32Array({ minLength: sizeOf(shape), maxLength: sizeOf(shape) })
      .map((data): Tensor => ({ shape, data })),
  );

test('what is written is read back, bit for bit and in its order, whatever the names', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(fc.string(), tensor), { minLength: 1, selector: ([name]) => name }),
      pairs => {
        // Names under which a reader looks for a state dict inside.
        const named = pairs.map(([name, value]) => [`${name}.weight`, value] as const);
        const back = readTorchZip(writeTorchZip(new Map(named)), 'file');
        expect([...back]).toEqual(named);
      },
    ),
    { numRuns: 50 },
  );
});

test('whole numbers become int64', () => {
  const counter = { shape: [], data: Float32Array.of(78_200) };
  const bytes = Buffer.from(writeTorchZip(new Map([['bn1.num_batches_tracked', storedIntegers(counter)]])));
  expect(bytes.includes('LongStorage')).toBe(true);
  expect(readTorchZip(bytes, 'file').get('bn1.num_batches_tracked')).toEqual(counter);
});

test('the same tensors give the same bytes', () => {
  const tensors = new Map([['a', { shape: [2], data: Float32Array.of(1, 2) }]]);
  expect(writeTorchZip(tensors)).toEqual(writeTorchZip(tensors));
});
