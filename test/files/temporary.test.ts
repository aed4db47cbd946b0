import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { inTemporaryFolder } from '../../src/files/temporary.ts';
import { newFolder } from '../support/files.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Where the system is told to have temporary files. */
function stubFolder(folder: string): void {
  for (const name of ['TMPDIR', 'TEMP', 'TMP']) vi.stubEnv(name, folder);
}

describe('inTemporaryFolder', () => {
  it('is in a folder that is gone afterwards, also when the work fails', async () => {
    stubFolder(newFolder());
    const seen: string[] = [];
    const work = async (folder: string) => {
      expect(existsSync(folder)).toBe(true);
      seen.push(folder);
      throw new Error('no luck');
    };
    await expect(inTemporaryFolder(work)).rejects.toThrow('no luck');
    expect(seen.map(folder => existsSync(folder))).toEqual([false]);
  });

  it('names the folder of temporary files where it takes none', async () => {
    const missing = join(newFolder(), 'none');
    stubFolder(missing);
    await expect(inTemporaryFolder(async () => {})).rejects.toMatchObject({
      kind: 'environment',
      message: `Expected the folder of temporary files, ${missing}, to be writable, got \`ENOENT\``,
      hint: expect.stringContaining('TMPDIR'),
    });
  });
});
