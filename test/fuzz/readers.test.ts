import { describe, expect, test } from 'vitest';
import { fuzz } from './fuzz.ts';
import { readers } from './readers.ts';

// The long form: npx tsx test/fuzz/long.ts 20000

describe.each(readers)('$name', reader => {
  test('a whole file is read', async () => {
    await expect((async () => reader.read(reader.files[0]!))()).resolves.toBeGreaterThanOrEqual(0);
  });

  test('a mutant is a failure, or no more than it holds', async () => {
    const { wrong, refused, read } = await fuzz(reader, 150);
    expect(wrong).toEqual([]);
    expect(refused + read).toBe(150);
    expect(refused).toBeGreaterThan(0);
  });
});
