import { type FileHandle, open, readFile, stat } from 'node:fs/promises';
import { Failure, type FailureKind } from '../failure.ts';

/** One call of the system reads less than 2 GiB. */
const readAtOnce = 2 ** 30;

/**
 * Bytes `from`..`from + length - 1` of a file that has them. Throws a Failure of the given kind when it is missing, is
 * no file, is shorter, or cannot be read.
 */
export async function readRange(
  path: string,
  from: number,
  length: number,
  kind: FailureKind,
): Promise<Buffer> {
  const size = await sizeOfFile(path, kind);
  if (from + length > size) {
    throw new Failure(
      kind,
      `Expected ${path} to have at least ${from + length} bytes, got ${size}`,
      'The file is cut short: get it again.',
    );
  }
  const bytes = Buffer.allocUnsafeSlow(length);
  const file = await openFile(path, kind);
  try {
    for (let done = 0; done < length; ) {
      const { bytesRead } = await file.read(bytes, done, Math.min(readAtOnce, length - done), from + done);
      if (bytesRead === 0) throw Object.assign(new Error('it became shorter'), { code: 'EOF' });
      done += bytesRead;
    }
    return bytes;
  } catch (error) {
    throw cannotRead(path, kind, error);
  } finally {
    await file.close();
  }
}

/** Opens a file to be read. Throws a Failure of the given kind when it is missing, is no file, or cannot be read. */
export async function openFile(path: string, kind: FailureKind): Promise<FileHandle> {
  await sizeOfFile(path, kind);
  return open(path).catch(error => {
    throw cannotRead(path, kind, error);
  });
}

/** The size of a file. Throws a Failure of the given kind when it is missing or is no file. */
export async function sizeOfFile(path: string, kind: FailureKind): Promise<number> {
  // Asked before it is opened: opening a pipe waits for somebody to write to it.
  const status = await stat(path).catch(error => {
    throw cannotRead(path, kind, error);
  });
  if (status.isFile()) return status.size;
  const found = status.isDirectory() ? 'a folder' : 'a device or pipe';
  throw new Failure(kind, `Expected ${path} to be a file, got ${found}`, 'Check the path.');
}

/**
 * The bytes of a file of at most `limit` bytes. Throws a Failure of the given kind when it is missing, is no file
 * (a folder, a device), is larger, or cannot be read.
 */
export async function readBounded(path: string, limit: number, kind: FailureKind): Promise<Buffer> {
  const size = await sizeOfFile(path, kind);
  if (size > limit) {
    throw new Failure(
      kind,
      `Expected ${path} to have at most ${limit} bytes, got ${size}`,
      'Nothing this program reads is that large: check that it is the right file.',
    );
  }
  return await readFile(path).catch(error => {
    throw cannotRead(path, kind, error);
  });
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
