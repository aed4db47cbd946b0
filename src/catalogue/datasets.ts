/** What is known of a data set before its files are read. */
export interface DatasetRecord {
  /** How many classes it has; absent: its files or the spec tell. */
  readonly classes?: number;
  /** Rows and columns of its images; absent: `data.size`, for they come in all sizes, or the files tell. */
  readonly side?: number;
  /** What the measure `ood` looks at where `ood.set` does not say it. */
  readonly usualOodSet?: OodSet;
}

/** Every data set that `target.dataset` names. */
export const datasets = {
  procedural: { classes: 10, side: 32 },
  cifar10: { classes: 10, side: 32, usualOodSet: 'cifar10-c' },
  cifar100: { classes: 100, side: 32, usualOodSet: 'cifar100-c' },
  stl10: { classes: 10, side: 96 },
  imagenet: { classes: 1000, usualOodSet: 'imagenet-r' },
  folder: {},
  arrays: {},
} as const satisfies Record<string, DatasetRecord>;

export type DatasetName = keyof typeof datasets;

export const datasetOf = (name: DatasetName): DatasetRecord => datasets[name];

/** What is known of images that are drawn elsewhere: the data set's classes, or some of them, below the data root. */
export interface OodRecord {
  readonly folder: string;
  /** Arrays of corrupted images in a file each, with so many classes; or a folder of images for each class. */
  readonly form: { readonly kind: 'corrupted'; readonly classes: number } | { readonly kind: 'renditions' };
}

/** Every set that `ood.set` names. */
export const oodSets = {
  'cifar10-c': { folder: 'CIFAR-10-C', form: { kind: 'corrupted', classes: 10 } },
  'cifar100-c': { folder: 'CIFAR-100-C', form: { kind: 'corrupted', classes: 100 } },
  'imagenet-r': { folder: 'imagenet-r', form: { kind: 'renditions' } },
} as const satisfies Record<string, OodRecord>;

export type OodSet = keyof typeof oodSets;
