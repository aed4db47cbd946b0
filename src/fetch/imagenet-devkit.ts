import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../failure.ts';
import { makeFolder } from '../files/atomic.ts';
import { readMat } from './mat.ts';
import { unpackArchive } from './unpack.ts';

/** The kit has 2.5 MB packed and 17 MB unpacked. */
const maxBytes = 256 * 2 ** 20;
const maxFileBytes = 64 * 2 ** 20;

/** A class of the challenge. */
export interface Synset {
  /** How many training images show it. */
  readonly images: number;
}

export interface Devkit {
  /** The classes by their WordNet identifiers. */
  readonly synsets: ReadonlyMap<string, Synset>;
  /** The class of each validation image, by its number less one. */
  readonly validation: readonly string[];
}

/**
 * What the development kit of ImageNet's 2012 challenge tells of classes and validation images. It is unpacked into
 * `folder`, which is gone afterwards. Throws a Failure of kind 'data'.
 */
export async function readSynsets(archive: string, folder: string): Promise<Devkit> {
  await rm(folder, { recursive: true, force: true });
  try {
    await makeFolder(folder);
    await unpackArchive(archive, folder, { maxBytes });
    const [top = ''] = await readdir(folder);
    const data = join(folder, top, 'data');
    const byNumber = synsetsOf(await read(join(data, 'meta.mat'), archive), archive);
    const text = await read(join(data, 'ILSVRC2012_validation_ground_truth.txt'), archive);
    const lines = text.toString('latin1').trim().split(/\s+/);
    const validation = lines.map(line => {
      const synset = byNumber.get(Number(line));
      if (synset === undefined)
        throw refused(archive, 'validation images of its classes', `class \`${line}\``);
      return synset.id;
    });
    return { synsets: new Map([...byNumber.values()].map(({ id, images }) => [id, { images }])), validation };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The classes by the numbers that the kit gives them: the synsets without children, as torchvision takes them. */
function synsetsOf(bytes: Buffer, archive: string): Map<number, { id: string; images: number }> {
  let synsets: ReturnType<typeof readMat> extends Map<string, infer Value> ? Value : never;
  try {
    synsets = readMat(bytes).get('synsets');
  } catch (error) {
    throw refused(archive, 'a meta.mat that can be read', (error as Error).message);
  }
  if (!Array.isArray(synsets)) throw refused(archive, 'a meta.mat with a list `synsets`', 'none');
  const classes = new Map<number, { id: string; images: number }>();
  for (const synset of synsets) {
    if (!(synset instanceof Map))
      throw refused(archive, 'a meta.mat with structures in `synsets`', 'numbers');
    const [number, id, children, images] = [
      ...['ILSVRC2012_ID', 'WNID', 'num_children', 'num_train_images'].map(key => synset.get(key)),
    ];
    if (
      !isNumber(number) ||
      !isNumber(children) ||
      !isNumber(images) ||
      typeof id !== 'string' ||
      !/^n\d{8}$/.test(id)
    )
      throw refused(
        archive,
        'a meta.mat with ILSVRC2012_ID, WNID, num_children and num_train_images of each',
        'others',
      );
    if (children[0] === 0) classes.set(number[0], { id, images: images[0] });
  }
  return classes;
}

const isNumber = (value: unknown): value is [number] =>
  Array.isArray(value) && value.length === 1 && Number.isSafeInteger(value[0]);

async function read(file: string, archive: string): Promise<Buffer> {
  const size = await stat(file).then(
    status => status.size,
    () => undefined,
  );
  if (size === undefined) throw refused(archive, file.slice(file.lastIndexOf('data')), 'none');
  if (size > maxFileBytes) throw refused(archive, `a file of at most ${maxFileBytes} bytes`, `${size}`);
  return readFile(file);
}

const refused = (archive: string, expected: string, got: string) =>
  new Failure(
    'data',
    `Expected ${archive} to hold ${expected}, got ${got}`,
    'It is the development kit for tasks 1 and 2, ILSVRC2012_devkit_t12.tar.gz: get it again.',
  );
