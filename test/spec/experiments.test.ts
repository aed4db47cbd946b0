import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadSpec } from '../../src/spec/load.ts';
import { optionsOf, usesOf } from '../../tools/option-uses.ts';
import { commandsOf, wordsOf } from '../support/heads.ts';

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

const specs = readdirSync('experiments').filter(name => name.endsWith('.yaml'));

test.each(specs)('%s tells in its head how to scale it down, and takes what it tells', name => {
  const file = join('experiments', name);
  const commands = commandsOf(readFileSync(file, 'utf8')).map(wordsOf);
  expect(commands.flat().filter(word => word === '--set').length).toBeGreaterThan(0);
  for (const [program, ...words] of commands) {
    expect(program).toBe('nern-sweep');
    const specs = words.filter(word => word.endsWith('.yaml'));
    const set = words.flatMap((word, i) => (words[i - 1] === '--set' ? [word] : []));
    const repeats = words.flatMap((word, i) => (words[i - 1] === '--repeats' ? [Number(word)] : [])).at(0);
    for (const spec of specs) {
      const loaded = loadSpec(spec, { set, ...(repeats !== undefined && { repeats }) });
      expect(loaded.ok ? [] : loaded.diagnostics).toEqual([]);
    }
  }
});
