import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { optionsOf, usesOf } from '../../tools/option-uses.ts';

const options = optionsOf();

test('the named options of the method are known', () => {
  const named = options.map(({ path, value }) => `${path} ${value}`);
  expect(named).toContain('sampler.method uniform-without-replacement');
  expect(named).toContain('predictor.embedding.fusion sum');
  expect(named).toContain('clip.scope all');
  expect(options.length).toBeGreaterThan(40);
});

test.skipIf(!existsSync('experiments'))('each named option is used by an experiment', () => {
  const unused = options.filter(option => usesOf(option).length === 0);
  expect(unused).toEqual([]);
});
