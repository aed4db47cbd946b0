import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../failure.ts';

/**
 * Works in a new folder among the temporary files, which is gone afterwards whatever happens. Throws a Failure of kind
 * 'environment' when none can be made.
 */
export async function inTemporaryFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'nern-sweep-')).catch(({ code }: NodeJS.ErrnoException) => {
    throw new Failure(
      'environment',
      `Expected the folder of temporary files, ${tmpdir()}, to be writable, got \`${code}\``,
      'Choose another one (TMPDIR, on Windows TEMP), or make room there.',
    );
  });
  try {
    return await work(folder);
  } finally {
    // A process that was just ended may not have written its last file yet.
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
