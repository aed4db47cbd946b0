import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { layOut } from '../../src/report/layout.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { readResults } from '../../src/report/read.ts';
import { newFolder } from '../support/files.ts';
import { paperGrid, sampleResults } from './sample.ts';

const results = sampleResults(paperGrid);
let file: string;
beforeAll(() => {
  file = join(newFolder(), 'results.json');
});

const read = (text: string) => {
  writeFileSync(file, text);
  return readResults(file);
};

async function refusal(text: string): Promise<string> {
  const error = await read(text).then(
    () => undefined,
    error => error,
  );
  expect(error).toBeInstanceOf(Failure);
  expect(error.kind).toBe('environment');
  expect(error.message).toContain(file);
  return error.message.replaceAll(file, 'FILE');
}

/** The sample's text with the value at a path replaced; undefined takes it away. */
function changed(path: readonly (string | number)[], value: unknown): string {
  const data = structuredClone(results) as unknown as Record<string, unknown>;
  const parent = path
    .slice(0, -1)
    .reduce((inner, key) => inner[key as string] as Record<string, unknown>, data);
  parent[path.at(-1) as string] = value;
  return JSON.stringify(data);
}

describe('readResults', () => {
  it('reads what was written, and its tables are the same', async () => {
    const again = await read(JSON.stringify(results));
    expect(again).toEqual(JSON.parse(JSON.stringify(results)));
    const table = (from: typeof results) => renderMarkdown(layOut(from, 'accuracy'));
    expect(table(again)).toBe(table(results));
  });

  const accuracy = ['cells', 0, 'metrics', 'accuracy'] as const;
  const interval = 'Student-t interval of the mean, low and high; null when n = 1.';
  test.each<[path: readonly (string | number)[], value: unknown, message: string]>([
    [['schemaVersion'], 2, 'Expected FILE to have `schemaVersion` 1, got `2`'],
    [
      ['schemaVersion'],
      undefined,
      'Expected FILE to be the results of a sweep, found no `schemaVersion` in it',
    ],
    [['sweep'], undefined, 'Expected FILE to have `sweep`, found none'],
    [['else'], 1, 'Expected FILE to have the keys of this version, got also `else`'],
    [['cells', 1, 'planned'], '4', 'Expected /cells/1/planned in FILE to be integer, got `"4"`'],
    [['cells', 1, 'planned'], 0, 'Expected /cells/1/planned in FILE to be >= 1, got `0`'],
    [
      ['cells', 2, 'failed', 0, 'kind'],
      'tired',
      'Expected /cells/2/failed/0/kind in FILE to be one of spec, environment, checkpoint, data, nan, engine, out-of-memory, signal, bug, got `"tired"`',
    ],
    [
      [...accuracy, 'mean'],
      '61.9',
      'Expected /cells/0/metrics/accuracy/mean in FILE to be number, got `"61.9"`',
    ],
    [
      [...accuracy, 'ci'],
      [1],
      `Expected /cells/0/metrics/accuracy/ci in FILE to be "${interval}", got \`[1]\``,
    ],
    [
      [...accuracy, 'n'],
      3,
      'Expected n of accuracy of cell `hidden-140-none` to be the number of its values, 4, got `3` in FILE',
    ],
    [
      [...accuracy, 'mean'],
      50,
      'Expected the mean of accuracy of cell `hidden-140-none` to be from 60.4 to 63.9, got `50` in FILE',
    ],
    [
      [...accuracy, 'ci'],
      null,
      'Expected the interval of accuracy of cell `hidden-140-none` to hold its mean, 61.894999999999996, got `null` in FILE',
    ],
    [
      ['cells', 0, 'completed'],
      3,
      'Expected n of accuracy of cell `hidden-140-none` to be at most the 3 complete runs, got `4` in FILE',
    ],
    [
      ['cells', 0, 'planned'],
      3,
      'Expected the complete and failed runs of cell `hidden-140-none` to be at most the 3 planned, got `4` in FILE',
    ],
    [
      ['cells', 0, 'id'],
      'hidden-140-in-filter',
      'Expected cells of different names, got `hidden-140-in-filter` twice in FILE',
    ],
    [
      ['cells', 0, 'values', 'constructor'],
      1,
      'Expected FILE to have names of its own, got the key `constructor`',
    ],
  ])('refuses %j = %j', async (path, value, message) => {
    expect(await refusal(changed(path, value))).toBe(message);
  });

  it('names who wrote a file of another version', async () => {
    await expect(read(changed(['schemaVersion'], 2))).rejects.toMatchObject({
      hint: 'Use the version of nern-sweep that wrote it, 1.2.3, or a later one.',
    });
  });

  it('refuses a number that none is', async () => {
    const text = JSON.stringify(results).replace(/"max":[\d.]+/, '"max":1e999');
    expect(await refusal(text)).toMatch(/\/max in FILE to be number/);
  });

  it('refuses what is no results at all', async () => {
    expect(await refusal('')).toMatch(/^Expected FILE to be JSON, got `/);
    expect(await refusal('[]')).toMatch(/found no `schemaVersion`/);
    expect(await refusal('null')).toMatch(/found no `schemaVersion`/);
    expect(await refusal('['.repeat(1e5) + ']'.repeat(1e5))).toBe(
      'Expected FILE to be nested at most 100 deep',
    );
    await expect(readResults(`${file}.none`)).rejects.toThrow(`Expected a file at ${file}.none, found none`);
  });

  it('refuses every file that is cut short, and throws nothing but a Failure whatever changes', async () => {
    const text = JSON.stringify(results);
    const at = fc.integer({ min: 0, max: text.length - 1 });
    await fc.assert(
      fc.asyncProperty(at, fc.constantFrom('', '"', '}', '-', '9', '\u0000'), async (place, other) => {
        await refusal(text.slice(0, place));
        const damaged = text.slice(0, place) + other + text.slice(place + 1);
        await read(damaged).catch(error => expect(error).toBeInstanceOf(Failure));
      }),
      { numRuns: 150, seed: 7 },
    );
  });
});
