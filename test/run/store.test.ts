import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepareFolder, readResult, writeResult } from '../../src/run/store.ts';
import { sampleRun } from '../report/sample.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nern-sweep-store-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const result = sampleRun('cell', 0, 91.5);
const file = () => join(folder, 'result.json');

describe('a result', () => {
  it('comes back as it was written', async () => {
    await writeResult(folder, result);
    expect(await readResult(folder, result.key)).toEqual({ state: 'complete', result });
  });

  it('is absent where none was written', async () => {
    expect(await readResult(join(folder, 'nothing', 'here'), 'key')).toEqual({ state: 'absent' });
  });

  it('of other inputs is set aside, never overwritten', async () => {
    await writeResult(folder, result);
    const stored = await readResult(folder, 'another key');
    expect(stored).toMatchObject({ state: 'set-aside', file: `${file()}.other-1` });
    expect(JSON.parse(readFileSync(`${file()}.other-1`, 'utf8'))).toMatchObject(result);
    expect(await readResult(folder, 'another key')).toEqual({ state: 'absent' });
  });

  it('that is damaged is set aside under a free name', async () => {
    for (const n of [1, 2, 3]) {
      writeFileSync(file(), '{"schemaVersion": 1, "key": ');
      expect(await readResult(folder, result.key)).toMatchObject({ file: `${file()}.damaged-${n}` });
    }
    expect(readdirSync(folder)).toEqual([1, 2, 3].map(n => `result.json.damaged-${n}`));
  });

  it('with any changed byte or cut short never counts as another result', async () => {
    await writeResult(folder, result);
    const bytes = readFileSync(file());
    const positions = fc.integer({ min: 0, max: bytes.length - 1 });
    const property = fc.asyncProperty(
      positions,
      fc.integer({ min: 1, max: 255 }),
      fc.boolean(),
      async (at, mask, cut) => {
        const changed = Buffer.from(cut ? bytes.subarray(0, at) : bytes);
        if (!cut) changed[at]! ^= mask;
        writeFileSync(file(), changed);
        const stored = await readResult(folder, result.key);
        // Only white space can change without changing what is said.
        if (stored.state === 'complete') expect(stored.result).toEqual(result);
        else expect(stored.state).toBe('set-aside');
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });
});

describe('prepareFolder', () => {
  it('refuses a folder that cannot be made', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(prepareFolder(join(folder, 'file', 'sweep'), 'name: x', [])).rejects.toMatchObject({
      kind: 'environment',
    });
  });
});
