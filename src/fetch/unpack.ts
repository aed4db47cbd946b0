import { closeSync, createReadStream, mkdirSync, openSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { Readable } from 'node:stream';
import { createInflateRaw } from 'node:zlib';
import { Parser, type ReadEntry } from 'tar';
import { Failure } from '../failure.ts';
import { makeFolder } from '../files/atomic.ts';
import { zipEntries } from '../files/zip-entries.ts';

/** More files than any data set's archive has. */
const maxEntries = 2_000_000;

/** What an archive may unpack to. */
export interface Limits {
  readonly maxBytes: number;
}

/**
 * Unpacks a .tar, .tar.gz or .zip archive into a folder. Archives come from elsewhere: names that lead out of the folder,
 * links, devices, and more files or bytes than the limits admit are refused, before any of their bytes are written.
 * Throws a Failure of kind 'data', or 'environment' where the folder cannot be written.
 */
export async function unpackArchive(archive: string, folder: string, { maxBytes }: Limits): Promise<void> {
  const admit = gate(archive, folder, maxBytes);
  const start = await firstBytes(archive);
  if (start.subarray(0, 2).toString('latin1') === 'PK') return unpackZip(archive, admit);
  return unpackTar(archive, admit);
}

/** Where an archive lies in a file that holds others. */
export interface Span {
  readonly start: number;
  /** The last byte. */
  readonly end: number;
}

async function firstBytes(archive: string): Promise<Buffer> {
  const file = await open(archive).catch(error => {
    const code = (error as NodeJS.ErrnoException).code;
    throw new Failure('data', `Expected ${archive} to be an archive that can be read, got \`${code}\``);
  });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Says where an entry goes. Throws a Failure where it may go nowhere. */
export type Admit = (name: string, size: number) => string;

/** Admits what lies below `folder`, up to so many bytes of all entries together. */
export function gate(archive: string, folder: string, maxBytes: number): Admit {
  let [entries, bytes] = [0, 0];
  return (name, size) => {
    const refuse = (expected: string, got: string) =>
      new Failure(
        'data',
        `Expected ${archive} to hold ${expected}, got ${got}`,
        'Do not trust this archive.',
      );
    const plain = posix.normalize(name.replaceAll('\\', '/'));
    const isInside = !/^(\/|\.\.(\/|$)|\w:)/.test(plain) && !plain.includes('\0');
    if (!isInside) throw refuse('files below one folder', `the name \`${name}\``);
    entries++;
    bytes += size;
    if (entries > maxEntries) throw refuse(`at most ${maxEntries} files`, 'more');
    if (bytes > maxBytes) throw refuse(`at most ${maxBytes} bytes`, `${bytes} and more`);
    return join(folder, plain);
  };
}

/** Kinds of compression are told apart by the parser. Its entries are written at once: it does not wait for others. */
export async function unpackTar(archive: string, admit: Admit, span?: Span): Promise<void> {
  const source = createReadStream(archive, { highWaterMark: 2 ** 20, ...span });
  let descriptor: number | undefined;
  const close = () => {
    if (descriptor !== undefined) closeSync(descriptor);
    descriptor = undefined;
  };
  try {
    await new Promise<void>((resolve, reject) => {
      let failed = false;
      const guarded = (work: () => void) => {
        // What was read already is still handed out.
        if (failed) return;
        try {
          work();
        } catch (error) {
          failed = true;
          source.destroy();
          reject(error instanceof Failure ? error : damaged(archive, error));
        }
      };
      const parser = new Parser({
        strict: true,
        onReadEntry: entry => {
          guarded(() => {
            descriptor = beginEntry(archive, entry, admit);
          });
          entry.on('data', chunk => guarded(() => descriptor !== undefined && writeSync(descriptor, chunk)));
          entry.on('end', close);
        },
      });
      parser.on('error', error => reject(damaged(archive, error)));
      parser.on('end', resolve);
      source.on('error', error => reject(damaged(archive, error)));
      source.pipe(parser);
    });
  } finally {
    source.destroy();
    close();
  }
}

/** Makes the folder, or the file that the entry's bytes go to. */
function beginEntry(archive: string, { type, path, size }: ReadEntry, admit: Admit): number | undefined {
  if (type === 'Directory') {
    mkdirSync(admit(path, 0), { recursive: true });
    return undefined;
  }
  if (type !== 'File' && type !== 'OldFile' && type !== 'ContiguousFile') {
    throw new Failure(
      'data',
      `Expected ${archive} to hold files and folders only, got \`${path}\`, a ${type}`,
      'Do not trust this archive.',
    );
  }
  const target = admit(path, size);
  mkdirSync(dirname(target), { recursive: true });
  // A name that comes twice would overwrite what was written, or write through it.
  return openSync(target, 'wx');
}

async function writeFrom(path: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  await makeFolder(dirname(path));
  // A name that comes twice would overwrite what was written, or write through it.
  const file = await open(path, 'wx').catch(error => {
    const code = (error as NodeJS.ErrnoException).code;
    throw new Failure('environment', `Expected ${path} to be written, got \`${code}\``);
  });
  try {
    for await (const chunk of content) await file.write(chunk);
  } finally {
    await file.close();
  }
}

async function unpackZip(archive: string, admit: Admit): Promise<void> {
  for (const { name, start, compressedSize, size, deflated } of await zipEntries(archive, 'data')) {
    const path = admit(name, size);
    const end = start + compressedSize - 1;
    const packed = compressedSize === 0 ? Readable.from([]) : createReadStream(archive, { start, end });
    const content = deflated ? packed.pipe(createInflateRaw()) : packed;
    packed.on('error', (error: Error) => content.destroy(error));
    // What is wrong with it is told by reading it; where that has ended, it must not end the program.
    content.on('error', () => {});
    try {
      await writeFrom(path, exactly(content, size, name));
    } catch (error) {
      throw error instanceof Failure ? error : damaged(archive, error);
    } finally {
      packed.destroy();
      content.destroy();
    }
  }
}

/** What an entry claims to hold is all that is written of it. */
async function* exactly(content: AsyncIterable<Buffer>, size: number, name: string) {
  let got = 0;
  for await (const chunk of content) {
    got += chunk.length;
    if (got > size) throw new Error(`${name} has more than its ${size} bytes`);
    yield chunk;
  }
  if (got < size) throw new Error(`${name} has ${got} of its ${size} bytes`);
}

function damaged(archive: string, error: unknown): Failure {
  const reason = error instanceof Error ? error.message : String(error);
  return new Failure(
    'data',
    `Expected ${archive} to be a whole archive (.tar, .tar.gz, .zip), got: ${reason}`,
    'It is damaged or cut short: get it again.',
  );
}
