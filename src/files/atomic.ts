import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, readlink, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Failure } from '../failure.ts';

/**
 * Writes a whole file or nothing: a reader sees the old bytes or the new ones, also after a power cut. Missing
 * folders are made. Throws a Failure of kind 'environment' that names the path when it cannot be written.
 */
export function writeAtomic(path: string, data: string | Uint8Array): Promise<void> {
  return replaceAtomic(path, temporary => writeSynced(temporary, data));
}

/** As `writeAtomic`: lines that are made as they are written, for all of them may be too long for one text. */
export function writeLinesAtomic(path: string, lines: Iterable<string>): Promise<void> {
  return replaceAtomic(path, async temporary => {
    await pipeline(Readable.from(chunks(lines)), createWriteStream(temporary, { flags: 'wx', flush: true }));
  });
}

/** A write for each line would take longer than to make them. */
function* chunks(lines: Iterable<string>): Generator<string> {
  let chunk = '';
  for (const line of lines) {
    chunk += line;
    if (chunk.length < 2 ** 20) continue;
    yield chunk;
    chunk = '';
  }
  yield chunk;
}

/** As `writeAtomic`, with a file that `write` makes under a temporary name. */
export async function replaceAtomic(
  path: string,
  write: (temporary: string) => Promise<void>,
): Promise<void> {
  const folder = dirname(path);
  // Beside its target, because a rename is atomic only within one file system.
  const temporary = join(folder, `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    await ensureFolder(folder);
    await write(temporary);
    await rename(temporary, path);
    await syncFolder(folder);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw cannotWrite(path, error);
  }
}

/** As `writeAtomic`: JSON with two spaces of indentation and a final newline. */
export function writeJsonAtomic(path: string, value: unknown): Promise<void> {
  return writeAtomic(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** Makes a folder and those above it. Throws a Failure of kind 'environment' that names the path when it cannot. */
export async function makeFolder(path: string): Promise<void> {
  await ensureFolder(path).catch(error => {
    throw cannotWrite(path, error);
  });
}

/** As `makeFolder`, of a folder that takes files: one is written into it and removed. */
export async function requireWritable(folder: string): Promise<void> {
  await makeFolder(folder);
  const probe = join(folder, `.${randomUUID()}.tmp`);
  try {
    await writeSynced(probe, 'x');
  } catch (error) {
    throw cannotWrite(folder, error);
  } finally {
    await rm(probe, { force: true }).catch(() => {});
  }
}

/** By hand: Node's `recursive` tries for ever where the system has no room for folders (/proc), and hides EROFS. */
async function ensureFolder(path: string): Promise<void> {
  const isFolder = () =>
    stat(path).then(
      status => status.isDirectory(),
      () => false,
    );
  if (await isFolder()) return;
  if (dirname(path) !== path) await ensureFolder(dirname(path));
  await mkdir(path).catch(async error => {
    // Another process may have been faster.
    if (await isFolder()) return;
    const link = await readlink(path).catch(() => undefined);
    if (link === undefined) throw error;
    throw new Failure(
      'environment',
      `Expected ${path} to be a folder, got a link to ${link}, where there is none`,
      'Make the folder that the link leads to (is its disk mounted?), or remove the link.',
    );
  });
}

export async function writeSynced(path: string, data: string | Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Waits until a file that was written by other means is on the disk. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

export async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open a folder; its file system journals the rename by itself.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const hints: Readonly<Record<string, string>> = {
  EACCES: 'Give yourself write permission there, or choose another output folder.',
  EPERM: 'Give yourself write permission there, or choose another output folder.',
  EROFS: 'That file system is read-only: choose another output folder.',
  ENOSPC: 'The disk is full: free some space, or choose another output folder.',
  EFBIG: 'The limit on the size of a file (ulimit -f) is reached: raise it, or choose another output folder.',
  EDQUOT: 'Your disk quota is used up: free some space, or choose another output folder.',
  ENOTDIR: 'A part of that path is a file: choose another output folder.',
  EEXIST: 'A part of that path is a file: choose another output folder.',
  EISDIR: 'There is a folder with that name: move it away, or choose another output folder.',
};

/** The Failure of kind 'environment' for a path that could not be written, with what to do about it. */
export function cannotWrite(path: string, error: unknown): Failure {
  if (error instanceof Failure) return error;
  const { code = 'unknown error' } = error as NodeJS.ErrnoException;
  return new Failure(
    'environment',
    `Expected ${path} to be writable, got \`${code}\``,
    hints[code] ?? 'Choose another output folder.',
    { path, code },
  );
}
