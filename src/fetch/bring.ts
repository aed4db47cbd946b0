import { randomUUID } from 'node:crypto';
import { cp, readdir, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { archives, type Dataset, type Form } from '../catalogue/archives.ts';
import { Failure } from '../failure.ts';
import { cannotWrite, makeFolder } from '../files/atomic.ts';
import { download, md5Of, type Patience, type Progress } from './download.ts';
import { missingArchives, unpackImagenet } from './imagenet.ts';
import { unpackArchive } from './unpack.ts';

/** What is to be brought, where to, and where from. */
export interface Errand {
  readonly dataset: Dataset;
  /** The data root, absolute. */
  readonly root: string;
  /** An archive, or a folder with the data set or one of its forms in it; absent: its makers' server. */
  readonly from?: string | undefined;
  /** A server that has the archives by their names; absent: each one's own. */
  readonly mirror?: string | undefined;
  readonly patience?: Patience;
}

/** What is told on the way. */
export type Tell = (
  event:
    | { readonly type: 'progress'; readonly progress: Progress }
    | { readonly type: 'note'; readonly text: string },
) => void;

/** What came of it. */
export interface Brought {
  readonly folder: string;
  /** `present`: it was there before. */
  readonly how: 'present' | 'downloaded' | 'unpacked' | 'copied' | 'linked';
}

/**
 * Brings a data set below the data root. What is there is left as it is; what is brought appears at once and whole, or not
 * at all. Throws a Failure of kind 'environment' where it cannot be had or written, 'data' where what comes is not it.
 */
export async function bring(errand: Errand, tell: Tell): Promise<Brought> {
  const { dataset, root, from } = errand;
  for (const form of dataset.forms) {
    const folder = join(root, form.folder);
    if (await isThere(folder)) {
      const missing = await missingParts(folder, form);
      if (missing.length === 0) return { folder, how: 'present' };
      throw new Failure(
        'data',
        `Expected ${folder} to hold ${missing.join(', ')}, found none`,
        'That folder is not whole: move it away, then call this again.',
      );
    }
  }
  await makeFolder(root);
  if (from === undefined) return { folder: await fromServer(errand, tell), how: 'downloaded' };
  const source = resolve(from);
  const status = await stat(source).catch(() => undefined);
  if (status === undefined)
    throw new Failure('spec', `Expected --from to name a file or folder, found none at ${source}`);
  if (status.isDirectory()) {
    const isPacked = dataset === archives.imagenet && (await missingArchives(source)) !== undefined;
    return isPacked ? fromImagenet(errand, source, tell) : fromFolder(errand, source);
  }
  await refuseDamaged(dataset, source);
  return { folder: await fromArchive(errand, source, tell), how: 'unpacked' };
}

async function fromServer(errand: Errand, tell: Tell): Promise<string> {
  const { dataset, root, mirror, patience } = errand;
  const { archive, title, page } = dataset;
  if (archive === undefined) {
    throw new Failure(
      'environment',
      `Expected --from to name the folder with ${title}, got none`,
      `Its makers give it on request (${page}). Call this again with --from FOLDER, with their archives in it, or with train/CLASS/*.JPEG and val/CLASS/*.JPEG.`,
    );
  }
  const name = basename(new URL(archive.url).pathname);
  const url = mirror === undefined ? archive.url : `${mirror.replace(/\/$/, '')}/${name}`;
  const file = join(root, '.downloads', name);
  tell({ type: 'note', text: `${title} from ${url}` });
  if (!(await isThere(file))) {
    await download(url, file, archive.md5, progress => tell({ type: 'progress', progress }), patience);
  }
  const folder = await fromArchive(errand, file, tell);
  await rm(file, { force: true });
  return folder;
}

/** What has the name of the makers' archive must be it; another archive may be as good, if it holds the same files. */
async function refuseDamaged({ archive }: Dataset, file: string): Promise<void> {
  if (archive === undefined || basename(new URL(archive.url).pathname) !== basename(file)) return;
  if ((await md5Of(file)) === archive.md5) return;
  throw new Failure(
    'data',
    `Expected ${file} to have the md5 \`${archive.md5}\` of the archive of that name, got another one`,
    'It is damaged: get it again. If you packed it yourself, give it another name.',
  );
}

async function fromArchive({ dataset, root }: Errand, archive: string, tell: Tell): Promise<string> {
  const temporary = join(root, `.unpacking-${randomUUID()}`);
  tell({ type: 'note', text: `unpacking ${archive}` });
  try {
    await makeFolder(temporary);
    await unpackArchive(archive, temporary, dataset);
    const { form, folder } = await formIn(temporary, dataset, archive);
    const target = join(root, form.folder);
    await rename(folder, target).catch(error => {
      throw cannotWrite(target, error);
    });
    return target;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** The makers' archives; the folder of work has one name, so that another call goes on with what a killed one left. */
async function fromImagenet({ dataset, root }: Errand, source: string, tell: Tell): Promise<Brought> {
  const folder = join(root, dataset.forms[0].folder);
  tell({ type: 'note', text: `unpacking ${source}` });
  await unpackImagenet(source, folder, join(root, '.unpacking-imagenet'), progress =>
    tell({ type: 'progress', progress }),
  );
  return { folder, how: 'unpacked' };
}

/** A folder is copied; one that is too large to have twice is linked to. */
async function fromFolder({ dataset, root }: Errand, source: string): Promise<Brought> {
  const { form, folder } = await formIn(source, dataset, source);
  const target = join(root, form.folder);
  const isLarge = dataset.archive === undefined;
  const temporary = join(root, `.copying-${randomUUID()}`);
  try {
    if (isLarge) await symlink(folder, target, 'junction');
    else {
      await cp(folder, temporary, { recursive: true, dereference: true });
      await rename(temporary, target);
    }
  } catch (error) {
    throw cannotWrite(target, error);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return { folder: target, how: isLarge ? 'linked' : 'copied' };
}

/** The form that a folder is, or that one of its subfolders is. */
async function formIn(place: string, { forms, title }: Dataset, named: string) {
  const names = await readdir(place).catch(() => []);
  for (const form of forms) {
    for (const folder of [place, ...names.map(name => join(place, name))]) {
      if ((await missingParts(folder, form)).length === 0) return { form, folder };
    }
  }
  const [{ parts, folder }] = forms;
  const shown =
    parts.length > 6 ? `${parts.slice(0, 5).join(', ')} and ${parts.length - 5} more` : parts.join(', ');
  throw new Failure(
    'data',
    `Expected ${named} to hold ${title} (${folder} with ${shown}), found ${names.slice(0, 10).join(', ') || 'nothing'}`,
    'It is another data set, or only a part of it.',
  );
}

async function missingParts(folder: string, { parts }: Form): Promise<string[]> {
  const missing: string[] = [];
  for (const part of parts) if (!(await isThere(join(folder, part)))) missing.push(part);
  return missing;
}

const isThere = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );
