import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { overheadTable } from '../../../tools/permutation-overhead.ts';

const docs = 'docs/method/permutations.md';

it('gives the shares that the paper states, 2-3 % and 4-6 %, for its networks', () => {
  const rows = overheadTable()
    .split('\n')
    .filter(row => /shortcut B|ResNet18/.test(row));
  expect(rows).toHaveLength(3);
  for (const row of rows) {
    const [inFilter, crossFilter] = [...row.matchAll(/([\d.]+) %/g)].map(([, share]) => Number(share));
    expect(Math.round(inFilter!)).toBeGreaterThanOrEqual(2);
    expect(Math.round(inFilter!)).toBeLessThanOrEqual(3);
    expect(Math.round(crossFilter!)).toBeGreaterThanOrEqual(4);
    expect(Math.round(crossFilter!)).toBeLessThanOrEqual(6);
  }
});

it.skipIf(!existsSync(docs))('is in the documentation', () => {
  expect(readFileSync(docs, 'utf8')).toContain(overheadTable());
});
