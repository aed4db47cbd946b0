/** A form of a data set: the folder below the data root, and what must be in it. */
export interface Form {
  readonly folder: string;
  /** Files, or folders, that are there when it is whole. */
  readonly parts: readonly string[];
}

/** A data set that can be brought to the data root. */
export interface Dataset {
  /** As people call it. */
  readonly title: string;
  /** Where its makers tell of it. */
  readonly page: string;
  /** Absent: those who want it must ask its makers for it. */
  readonly archive?: { readonly url: string; readonly md5: string };
  /** The first is that of the archive. */
  readonly forms: readonly [Form, ...Form[]];
  /** What it may unpack to: twice what it has and more; an archive with more is another one, or a bomb. */
  readonly maxBytes: number;
}

const gigabytes = (n: number) => n * 2 ** 30;

const corruptions = [
  ...['brightness', 'contrast', 'defocus_blur', 'elastic_transform', 'fog', 'frost', 'gaussian_blur'],
  ...['gaussian_noise', 'glass_blur', 'impulse_noise', 'jpeg_compression', 'motion_blur', 'pixelate'],
  ...['saturate', 'shot_noise', 'snow', 'spatter', 'speckle_noise', 'zoom_blur'],
];
const corrupted = [...corruptions, 'labels'].map(name => `${name}.npy`);
const batches = [1, 2, 3, 4, 5].map(n => `data_batch_${n}`);

/** Checksums are those that the makers publish, or that torchvision and PyTorch's libraries of data sets keep. */
export const archives = {
  cifar10: {
    title: 'CIFAR-10',
    page: 'https://www.cs.toronto.edu/~kriz/cifar.html',
    archive: {
      url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
      md5: 'c32a1d4ab5d03f1284b67883e8d87530',
    },
    forms: [
      {
        folder: 'cifar-10-batches-bin',
        parts: [...batches.map(name => `${name}.bin`), 'test_batch.bin'],
      },
      { folder: 'cifar-10-batches-py', parts: [...batches, 'test_batch'] },
    ],
    maxBytes: gigabytes(1),
  },
  cifar100: {
    title: 'CIFAR-100',
    page: 'https://www.cs.toronto.edu/~kriz/cifar.html',
    archive: {
      url: 'https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz',
      md5: '03b5dce01913d631647c71ecec9e9cb8',
    },
    forms: [
      { folder: 'cifar-100-binary', parts: ['train.bin', 'test.bin'] },
      { folder: 'cifar-100-python', parts: ['train', 'test'] },
    ],
    maxBytes: gigabytes(1),
  },
  stl10: {
    title: 'STL-10',
    page: 'https://cs.stanford.edu/~acoates/stl10',
    archive: {
      url: 'http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz',
      md5: '91f7769df0f17e558f3565bffb0c7dfb',
    },
    forms: [
      {
        folder: 'stl10_binary',
        parts: ['train_X.bin', 'train_y.bin', 'test_X.bin', 'test_y.bin'],
      },
    ],
    maxBytes: gigabytes(8),
  },
  'cifar10-c': {
    title: 'CIFAR-10-C',
    page: 'https://zenodo.org/records/2535967',
    archive: {
      url: 'https://zenodo.org/records/2535967/files/CIFAR-10-C.tar',
      md5: '56bf5dcef84df0e2308c6dcbcbbd8499',
    },
    forms: [{ folder: 'CIFAR-10-C', parts: corrupted }],
    maxBytes: gigabytes(8),
  },
  'cifar100-c': {
    title: 'CIFAR-100-C',
    page: 'https://zenodo.org/records/3555552',
    archive: {
      url: 'https://zenodo.org/records/3555552/files/CIFAR-100-C.tar',
      md5: '11f0ed0f1191edbf9fa23466ae6021d3',
    },
    forms: [{ folder: 'CIFAR-100-C', parts: corrupted }],
    maxBytes: gigabytes(8),
  },
  'imagenet-r': {
    title: 'ImageNet-R',
    page: 'https://github.com/hendrycks/imagenet-r',
    archive: {
      url: 'https://people.eecs.berkeley.edu/~hendrycks/imagenet-r.tar',
      md5: 'a61312130a589d0ca1a8fca1f2bd3337',
    },
    // The first and the last of its 200 classes.
    forms: [{ folder: 'imagenet-r', parts: ['n01443537', 'n12267677'] }],
    maxBytes: gigabytes(8),
  },
  imagenet: {
    title: 'ImageNet (ILSVRC 2012)',
    page: 'https://image-net.org/download-images',
    forms: [{ folder: 'imagenet', parts: ['train', 'val'] }],
    maxBytes: gigabytes(400),
  },
} as const satisfies Record<string, Dataset>;

export type DatasetName = keyof typeof archives;

export const datasetNames = Object.keys(archives) as DatasetName[];
