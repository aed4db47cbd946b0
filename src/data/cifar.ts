import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { datasets } from '../catalogue/datasets.ts';
import { Failure } from '../failure.ts';
import { readBounded } from '../files/read.ts';
import { type CifarPart, cifarSide, cifarValues, readCifarBinary } from './cifar-binary.ts';
import { readCifarPython } from './cifar-python.ts';
import type { Images } from './images.ts';

export type CifarName = 'cifar10' | 'cifar100';
export type Split = 'train' | 'test';

/** The largest official file has 155 MB; a file of three times that is something else. */
const maxFileBytes = 512 * 2 ** 20;

/** One of the forms in which a set is published: its folder, its files, how to read one. */
interface Form {
  readonly folder: string;
  readonly files: Readonly<Record<Split, readonly string[]>>;
  read(bytes: Buffer, file: string): CifarPart;
}

const forms: Readonly<Record<CifarName, readonly Form[]>> = {
  cifar10: [
    {
      folder: 'cifar-10-batches-bin',
      files: { train: [1, 2, 3, 4, 5].map(n => `data_batch_${n}.bin`), test: ['test_batch.bin'] },
      read: (bytes, file) => readCifarBinary(bytes, file, 1),
    },
    {
      folder: 'cifar-10-batches-py',
      files: { train: [1, 2, 3, 4, 5].map(n => `data_batch_${n}`), test: ['test_batch'] },
      read: (bytes, file) => readCifarPython(bytes, file, 'labels'),
    },
  ],
  cifar100: [
    {
      folder: 'cifar-100-binary',
      files: { train: ['train.bin'], test: ['test.bin'] },
      read: (bytes, file) => readCifarBinary(bytes, file, 2),
    },
    {
      folder: 'cifar-100-python',
      files: { train: ['train'], test: ['test'] },
      read: (bytes, file) => readCifarPython(bytes, file, 'fine_labels'),
    },
  ],
};

/**
 * The first `limit` images (all when absent) of a split of CIFAR-10 or CIFAR-100 (fine labels), from the folder of
 * the binary or of the python version under `root`, in the order of the files. The number of images is what the
 * files hold. Throws a Failure of kind 'data'.
 */
export async function readCifar(options: {
  root: string;
  dataset: CifarName;
  split: Split;
  limit?: number | undefined;
}): Promise<Images> {
  const { root, dataset, split, limit = Number.POSITIVE_INFINITY } = options;
  const form = await findForm(root, dataset);
  const parts: CifarPart[] = [];
  let found = 0;
  for (const name of form.files[split]) {
    if (found >= limit) break;
    const file = join(root, form.folder, name);
    const part = form.read(await readBounded(file, maxFileBytes, 'data'), file);
    checkLabels(part.labels, datasets[dataset].classes, file);
    parts.push(part);
    found += part.labels.length;
  }
  const count = Math.min(found, limit);
  const pixels = Buffer.concat(
    parts.map(part => part.pixels),
    count * cifarValues,
  );
  const labels = Buffer.concat(
    parts.map(part => part.labels),
    count,
  );
  return {
    ...{ count, channels: 3, height: cifarSide, width: cifarSide },
    ...{ pixels, labels, classes: datasets[dataset].classes },
  };
}

async function findForm(root: string, dataset: CifarName): Promise<Form> {
  const names = await readdir(root).catch(() => undefined);
  const form = forms[dataset].find(({ folder }) => names?.includes(folder));
  if (form) return form;
  const folders = forms[dataset].map(({ folder }) => folder);
  throw new Failure(
    'data',
    `Expected ${root} to hold ${folders.join(' or ')}, found ${names ? 'neither' : 'no such folder'}`,
    `\`nern-sweep data ${dataset}\` brings it to the data root. Or get the binary version from ` +
      'https://www.cs.toronto.edu/~kriz/cifar.html and unpack it there, or name the folder in which it is with ' +
      '`data.root` or the environment variable NERN_SWEEP_DATA.',
    { root, folders },
  );
}

function checkLabels(labels: Uint8Array, classes: number, file: string): void {
  const wrong = labels.findIndex(label => label >= classes);
  if (wrong < 0) return;
  throw new Failure(
    'data',
    `Expected the labels in ${file} to be below ${classes}, got ${labels[wrong]} for image ${wrong}`,
    'The file is damaged or of another data set: get it again.',
  );
}
