import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';
import { Failure } from '../failure.ts';
import { type ZipEntry, zipEntries } from '../files/zip-entries.ts';

/**
 * Writes the entries of a zip archive (a wheel, a jar) for which `place` gives a path below `folder`. An archive's
 * libraries have hundreds of megabytes, so that they go from file to file. Returns how many there were. Throws a
 * Failure of kind 'environment' when the archive is damaged, and fails when `stop` ends it.
 */
export async function unpack(
  archive: string,
  folder: string,
  place: (name: string) => string | undefined,
  stop: AbortSignal,
): Promise<number> {
  const wanted = (await zipEntries(archive, 'environment')).flatMap(entry => {
    const path = place(entry.name);
    return path === undefined ? [] : [{ entry, path: join(folder, inside(path, archive)) }];
  });
  for (const { entry, path } of wanted) await extract(archive, entry, path, stop);
  return wanted.length;
}

/** Archives come from elsewhere: none may write outside the folder. */
function inside(path: string, archive: string): string {
  const plain = posix.normalize(path.replaceAll('\\', '/'));
  if (!plain.startsWith('../') && !plain.startsWith('/') && !/^\w:/.test(plain)) return plain;
  throw new Failure('environment', `Expected the names in ${archive} to lie in one folder, got \`${path}\``);
}

async function extract(archive: string, entry: ZipEntry, path: string, signal: AbortSignal): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const { start, compressedSize, size } = entry;
  if (compressedSize === 0) return await pipeline([], createWriteStream(path));
  const packed = createReadStream(archive, { start, end: start + compressedSize - 1 });
  const target = createWriteStream(path);
  try {
    await (entry.deflated
      ? pipeline(packed, createInflateRaw(), target, { signal })
      : pipeline(packed, target, { signal }));
  } catch (error) {
    throw cannotUnpack(archive, entry.name, error instanceof Error ? error.message : String(error));
  }
  const written = (await stat(path)).size;
  if (written !== size) throw cannotUnpack(archive, entry.name, `${written} bytes instead of ${size}`);
}

function cannotUnpack(archive: string, name: string, reason: string): Failure {
  const hint = 'Free some space if the disk is full; else the archive is damaged: get it again.';
  return new Failure('environment', `Expected to unpack ${name} from ${archive}, got: ${reason}`, hint);
}
