import { mkdtempSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Failure } from '../../src/failure.ts';

/** A new folder with these files. */
export async function folderOf(files: Record<string, string | Uint8Array>): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), 'nern-sweep-'));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), content);
  }
  return root;
}

/** What a call fails with. */
export async function failureOf(call: Promise<unknown>): Promise<Failure> {
  const error = await call.then(
    () => undefined,
    error => error as Failure,
  );
  if (error === undefined) throw new Error('Expected the call to fail');
  return error;
}
