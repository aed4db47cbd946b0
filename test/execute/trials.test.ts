import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { prepareFolder, readResult, writeResult } from '../../src/execute/trials.ts';
import { sampleRun } from '../report/sample.ts';
import { newFolder } from '../support/files.ts';

let folder: string;
beforeEach(() => {
  folder = newFolder();
});

const result = sampleRun('cell', 0, 91.5);
const file = () => join(folder, 'result.json');
const none = new Map<string, string>();

/** Reads the result, and notes what was set aside. */
async function read(key = result.key) {
  const aside: [string, string][] = [];
  const found = await readResult(folder, key, (name, reason) => aside.push([name, reason]));
  return { found, aside };
}

describe('a result', () => {
  it('comes back as it was written', async () => {
    await writeResult(folder, result, none);
    expect(await read()).toEqual({ found: result, aside: [] });
  });

  it('is absent where none was written', async () => {
    expect(await read()).toEqual({ found: undefined, aside: [] });
  });

  it('has the files of its stages beside it, whole and in place of older ones', async () => {
    const [old, source] = ['old', 'source'].map(name => join(folder, name)) as [string, string];
    writeFileSync(old, 'old bytes');
    writeFileSync(source, 'new bytes');
    const trial = join(folder, 'trial');
    for (const one of [old, source])
      await writeResult(trial, result, new Map([[join('measures', 'layer-errors.json'), one]]));
    expect(readFileSync(join(trial, 'measures', 'layer-errors.json'), 'utf8')).toBe('new bytes');
    expect(readdirSync(trial, { recursive: true }).sort()).toEqual([
      'measures',
      join('measures', 'layer-errors.json'),
      'result.json',
    ]);
    expect(readFileSync(old, 'utf8')).toBe('old bytes');
  });

  it('of two runners that finish the same run at once is one of theirs, whole', async () => {
    const contents = Array.from({ length: 16 }, (_, i) => String(i).padStart(2).repeat(50_000));
    const sources = contents.map((content, i) => {
      writeFileSync(join(folder, `source ${i}`), content);
      return join(folder, `source ${i}`);
    });
    const trial = join(folder, 'trial');
    await Promise.all(
      sources.map(source => writeResult(trial, result, new Map([['predictor.safetensors', source]]))),
    );
    expect(contents).toContain(readFileSync(join(trial, 'predictor.safetensors'), 'utf8'));
    expect(readdirSync(trial).sort()).toEqual(['predictor.safetensors', 'result.json']);
    expect((await readResult(trial, result.key, () => {}))?.key).toBe(result.key);
  });

  it('is not there when a file of its stages is not', async () => {
    const files = new Map([['predictor.safetensors', join(folder, 'nowhere')]]);
    await expect(writeResult(folder, result, files)).rejects.toMatchObject({ kind: 'environment' });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('of other inputs is set aside, never overwritten', async () => {
    await writeResult(folder, result, none);
    const { found, aside } = await read('another key');
    expect(found).toBeUndefined();
    expect(aside).toEqual([[`${file()}.other-1`, 'it was computed from other inputs']]);
    expect(JSON.parse(readFileSync(`${file()}.other-1`, 'utf8'))).toMatchObject(result);
    expect(await read('another key')).toEqual({ found: undefined, aside: [] });
  });

  it('that is damaged is set aside under a free name', async () => {
    for (const n of [1, 2, 3]) {
      writeFileSync(file(), '{"schemaVersion": 2, "key": ');
      expect((await read()).aside).toEqual([[`${file()}.damaged-${n}`, 'its checksum does not fit']]);
    }
    expect(readdirSync(folder)).toEqual([1, 2, 3].map(n => `result.json.damaged-${n}`));
  });

  it('with any changed byte or cut short never counts as another result', async () => {
    await writeResult(folder, result, none);
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
        const { found, aside } = await read();
        // Only white space can change without changing what is said.
        if (found !== undefined) expect(found).toEqual(result);
        else expect(aside).toHaveLength(1);
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });
});

describe('prepareFolder', () => {
  it('refuses a folder that cannot be made', async () => {
    writeFileSync(join(folder, 'file'), '');
    const plan = { runs: [], stages: new Map() };
    await expect(
      prepareFolder(join(folder, 'file', 'sweep'), { name: 'x', text: 'name: x', folder }, plan, '0.0.0'),
    ).rejects.toMatchObject({
      kind: 'environment',
    });
  });
});
