import { readFile, stat } from 'node:fs/promises';
import { Failure, type FailureKind } from '../failure.ts';

/**
 * The bytes of a file of at most `limit` bytes. Throws a Failure of the given kind when it is missing, is no file
 * (a folder, a device), is larger, or cannot be read.
 */
export async function readBounded(path: string, limit: number, kind: FailureKind): Promise<Buffer> {
  const refuse = (error: unknown) => {
    throw cannotRead(path, kind, error);
  };
  // Asked before it is opened: opening a pipe waits for somebody to write to it.
  const status = await stat(path).catch(refuse);
  if (!status.isFile()) {
    const found = status.isDirectory() ? 'a folder' : 'a device or pipe';
    throw new Failure(kind, `Expected ${path} to be a file, got ${found}`, 'Check the path.');
  }
  if (status.size > limit) {
    throw new Failure(
      kind,
      `Expected ${path} to have at most ${limit} bytes, got ${status.size}`,
      'Nothing this program reads is that large: check that it is the right file.',
    );
  }
  return await readFile(path).catch(refuse);
}

function cannotRead(path: string, kind: FailureKind, error: unknown): Failure {
  const { code = 'unknown error' } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    const hint = kind === 'data' ? 'The data set is not complete: get it again.' : 'Check the path.';
    return new Failure(kind, `Expected a file at ${path}, found none`, hint, { path, code });
  }
  return new Failure(kind, `Expected ${path} to be readable, got \`${code}\``, 'Check its permissions.', {
    path,
    code,
  });
}
