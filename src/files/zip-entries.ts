import type { FileHandle } from 'node:fs/promises';
import { Failure, type FailureKind } from '../failure.ts';
import { openFile } from './read.ts';

/** A file in a zip archive, and where its bytes lie in it. */
export interface ZipEntry {
  readonly name: string;
  readonly start: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly deflated: boolean;
}

const endSignature = 0x06054b50;
const entrySignature = 0x02014b50;
const localSignature = 0x04034b50;
/** The end record's own length and that of the longest comment behind it. */
const endReach = 22 + 0xffff;
/** Stands for a number that only a later extension of the format can hold. */
const tooLarge = 0xffffffff;

/**
 * The files of a zip archive, by the directory at its end: what stands before each file need not tell its size.
 * Throws a Failure of the given kind for what is no such archive, or cannot be read.
 */
export async function zipEntries(archive: string, kind: FailureKind): Promise<ZipEntry[]> {
  const noArchive = () =>
    new Failure(
      kind,
      `Expected ${archive} to be a whole zip archive of less than 4 GiB, but it is not`,
      'It may be cut short: get it again.',
    );
  const file = await openFile(archive, kind);
  try {
    const { size } = await file.stat();
    const tail = await readAt(file, Math.max(0, size - endReach), Math.min(size, endReach));
    const end = tail.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
    if (end < 0 || tail.length - end < 22 || tail.readUInt32LE(end) !== endSignature) throw noArchive();
    const length = tail.readUInt32LE(end + 12);
    const offset = tail.readUInt32LE(end + 16);
    if (offset + length > size) throw noArchive();
    const entries = readDirectory(await readAt(file, offset, length), noArchive);
    return await Promise.all(
      entries.map(async ({ header, ...entry }) => ({
        ...entry,
        start: await dataStart(file, header, noArchive),
      })),
    );
  } finally {
    await file.close();
  }
}

type DirectoryEntry = Omit<ZipEntry, 'start'> & { header: number };

function readDirectory(directory: Buffer, noArchive: () => Failure): DirectoryEntry[] {
  const entries: DirectoryEntry[] = [];
  for (let at = 0; at + 46 <= directory.length; ) {
    if (directory.readUInt32LE(at) !== entrySignature) throw noArchive();
    const method = directory.readUInt16LE(at + 10);
    const nameLength = directory.readUInt16LE(at + 28);
    const name = directory.toString('utf8', at + 46, at + 46 + nameLength);
    const [compressedSize, size, header] = [20, 24, 42].map(field => directory.readUInt32LE(at + field));
    if (compressedSize === tooLarge || size === tooLarge || header === tooLarge) throw noArchive();
    // Folders have entries too, whose names end in a slash.
    if (!name.endsWith('/') && (method === 0 || method === 8)) {
      entries.push({
        name,
        compressedSize: compressedSize!,
        size: size!,
        header: header!,
        deflated: method === 8,
      });
    }
    at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}

/** A file's bytes follow a header of its own, with lengths that may differ from those in the directory. */
async function dataStart(file: FileHandle, header: number, noArchive: () => Failure): Promise<number> {
  const local = await readAt(file, header, 30);
  if (local.length < 30 || local.readUInt32LE(0) !== localSignature) throw noArchive();
  return header + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
