import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Works in a new folder among the temporary files, which is gone afterwards whatever happens. */
export async function inTemporaryFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'nern-sweep-'));
  try {
    return await work(folder);
  } finally {
    // A process that was just ended may not have written its last file yet.
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
