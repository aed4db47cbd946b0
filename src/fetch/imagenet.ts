import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Header } from 'tar';
import { Failure } from '../failure.ts';
import { cannotWrite, makeFolder } from '../files/atomic.ts';
import type { Progress } from './download.ts';
import { readSynsets, type Synset } from './imagenet-devkit.ts';
import { type Admit, gate, type Span, unpackTar } from './unpack.ts';

/*
 * The archives of ImageNet's 2012 challenge as its makers give them, which say of no image by its place what it shows: a
 * tar of a tar for each class, a tar of all validation images, and a kit that tells their classes.
 */

export const imagenetArchives = {
  train: 'ILSVRC2012_img_train.tar',
  val: 'ILSVRC2012_img_val.tar',
  devkit: 'ILSVRC2012_devkit_t12.tar.gz',
} as const;

const isImage = (name: string) => /^[\w.-]+\.jpe?g$/i.test(name);

/** Which of the archives a folder lacks; undefined where it has none of them. */
export async function missingArchives(folder: string): Promise<string[] | undefined> {
  const there = new Set(await readdir(folder));
  const names = Object.values(imagenetArchives);
  const missing = names.filter(name => !there.has(name));
  return missing.length === names.length ? undefined : missing;
}

/**
 * Unpacks the archives in the folder `source` to `train/<class>` and `val/<class>` below `folder`, by way of `work`.
 * Each byte is read and written once. A call that was killed leaves its folder of work; the next one goes on with the
 * class that it was at. Throws a Failure of kind 'data' where an archive is not what it should be.
 */
export async function unpackImagenet(
  source: string,
  folder: string,
  work: string,
  tell: (progress: Progress) => void,
): Promise<void> {
  const missing = (await missingArchives(source)) ?? [];
  if (missing.length > 0) {
    throw new Failure(
      'data',
      `Expected ${source} to hold ${missing.join(', ')} beside its other archives of ImageNet, found none`,
      'All three are needed: the kit tells the classes of the validation images.',
    );
  }
  const [train, val, devkit] = Object.values(imagenetArchives).map(name => join(source, name)) as [
    string,
    string,
    string,
  ];
  await makeFolder(work);
  const { synsets, validation } = await readSynsets(devkit, join(work, 'devkit'));
  const sizes = await Promise.all([train, val].map(async file => (await stat(file)).size));
  const total = sizes[0]! + sizes[1]!;
  const progress = (done: number) => tell({ done, total });
  await unpackClasses(train, join(work, 'train'), synsets, progress);
  await unpackValidation(val, work, validation, sizes[1]!);
  progress(total);
  await rename(work, folder).catch(error => {
    throw cannotWrite(folder, error);
  });
}

/** A folder for each class, which is there when it is whole. */
async function unpackClasses(
  archive: string,
  folder: string,
  synsets: ReadonlyMap<string, Synset>,
  progress: (done: number) => void,
): Promise<void> {
  await makeFolder(folder);
  const done = new Set(await readdir(folder));
  const found = new Set<string>();
  for await (const { name, span } of filesIn(archive)) {
    const id = name.replace(/\.tar$/, '');
    const synset = synsets.get(id);
    if (synset === undefined || found.has(id))
      throw refused(archive, 'a tar for each class of the kit, once', `\`${name}\``);
    found.add(id);
    if (!done.has(id)) await unpackClass(archive, span, folder, id, synset);
    progress(span.end);
  }
  const missing = [...synsets.keys()].filter(id => !found.has(id));
  if (missing.length > 0)
    throw refused(
      archive,
      `${synsets.size} classes`,
      `${found.size}, without ${missing.slice(0, 5).join(', ')}`,
    );
}

async function unpackClass(
  archive: string,
  span: Span,
  folder: string,
  id: string,
  { images }: Synset,
): Promise<void> {
  const temporary = join(folder, `.${id}`);
  await rm(temporary, { recursive: true, force: true });
  await makeFolder(temporary);
  let count = 0;
  // They are not compressed: what is in a tar is no more than it.
  const admitted = gate(archive, temporary, span.end - span.start);
  const admit: Admit = (name, size) => {
    if (!isImage(name)) throw refused(archive, `images alone in the tar of ${id}`, `\`${name}\``);
    count++;
    return admitted(name, size);
  };
  await unpackTar(archive, admit, span);
  if (count !== images) throw refused(archive, `${images} images of ${id}`, `${count}`);
  await rename(temporary, join(folder, id));
}

/** The validation images by the classes that the kit tells of each, in the order of their numbers. */
async function unpackValidation(
  archive: string,
  work: string,
  validation: readonly string[],
  size: number,
): Promise<void> {
  const folder = join(work, 'val');
  await rm(folder, { recursive: true, force: true });
  const numbers = new Set<number>();
  const admitted = gate(archive, folder, size);
  const admit: Admit = (name, size) => {
    const number = Number(/^ILSVRC2012_val_(\d{8})\.JPEG$/.exec(name)?.[1]);
    const id = validation[number - 1];
    if (id === undefined || numbers.has(number))
      throw refused(archive, `ILSVRC2012_val_00000001.JPEG to ${validation.length}`, `\`${name}\``);
    numbers.add(number);
    return admitted(`${id}/${name}`, size);
  };
  await mkdir(folder);
  await unpackTar(archive, admit);
  if (numbers.size !== validation.length)
    throw refused(archive, `${validation.length} images`, `${numbers.size}`);
}

/** A block of a tar. */
const blockBytes = 512;

/** The files in a tar, without reading them: a header says how far it is to the next one. */
async function* filesIn(archive: string): AsyncGenerator<{ name: string; span: Span }> {
  const { size: total } = await stat(archive);
  const file = await open(archive);
  try {
    const block = Buffer.alloc(blockBytes);
    for (let at = 0; at + blockBytes <= total; ) {
      await file.read(block, 0, blockBytes, at);
      const header = new Header(block, 0);
      if (header.nullBlock) return;
      const { path = '', size = 0, type, cksumValid } = header;
      const start = at + blockBytes;
      if (!cksumValid || start + size > total)
        throw refused(
          archive,
          'a whole tar',
          cksumValid ? `one that is cut short in \`${path}\`` : 'a damaged one',
        );
      at = start + Math.ceil(size / blockBytes) * blockBytes;
      if (type === 'File' || type === 'OldFile') yield { name: path, span: { start, end: start + size - 1 } };
      // Names and times in other words come before the file that they are of.
      else if (type !== 'ExtendedHeader' && type !== 'GlobalExtendedHeader')
        throw refused(archive, 'files only', `\`${path}\`, a ${type}`);
    }
  } finally {
    await file.close();
  }
}

const refused = (archive: string, expected: string, got: string) =>
  new Failure(
    'data',
    `Expected ${archive} to hold ${expected}, got ${got}`,
    'It is damaged, cut short or another archive: get it again.',
  );
