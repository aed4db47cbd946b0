import { documents, numbers } from '../../src/catalogue/measures.ts';
import { imagesOf } from '../../src/contract/needs.ts';

/** The role of an input, whose content a setting decides (src/inputs/inputs.ts); `images`: what each phase is shown. */
export type Content =
  | 'weights'
  | 'teacher'
  | 'permutation'
  | 'train'
  | 'test'
  | 'ood'
  | 'images'
  | 'predictor'
  | 'original'
  | 'original-teacher';

/** On which stages a setting acts by itself; what builds on these changes with them and is not told. */
export interface Acts {
  /**
   * Kinds of stages; `evaluation` with measures: those; `split` with one: what is measured on it; `target`: all that
   * reads the network that the spec names.
   */
  readonly on: readonly string[];
  /** The settings with which it acts, by their paths. */
  readonly with?: Readonly<Record<string, unknown>>;
  /** Two values of it; absent: the first two that the schema has and that are not the same. */
  readonly values?: readonly [unknown, unknown] | undefined;
  /** What has other content with the other value. */
  readonly content?: readonly Content[];
  /** Whether it acts by that content alone, so that with the same content all keys stay as they are. */
  readonly isPlace?: boolean;
}

const lookingAt = (...images: ReturnType<typeof imagesOf>[number][]) => {
  const measures = Object.keys({ ...numbers, ...documents }) as Parameters<typeof imagesOf>[0][];
  return `evaluation ${measures.filter(one => imagesOf(one).some(image => images.includes(image))).join(' ')}`;
};

/** Fine-tuning of pruned predictors has the settings of a phase; but where these act on it, they act on the phase before it. */
const trains: Acts = { on: ['phase'] };
/** Also on what the phases learn from. */
const shows: Acts = { on: ['phase', 'guidance'] };
/** On all that sees images. */
const looks: Acts = { on: ['phase', 'guidance', lookingAt('train', 'test', 'ood')] };

const folder = {
  'target.dataset': 'folder',
  'data.folder': 'flowers',
  'data.classes': 10,
  'ood.set': 'imagenet-r',
};
const arrays = {
  'target.dataset': 'arrays',
  'data.arrays': { train: { images: 'a.npy', labels: 'b.npy' }, test: { images: 'c.npy', labels: 'd.npy' } },
  'data.classes': 10,
  'ood.set': 'cifar10-c',
};
const trained = { 'target.weights': undefined, 'target.train': {} };
const teacher = { network: 'resnet20', weights: 'teacher.th' };
/** A teacher of another architecture has other feature maps. */
const learning = {
  teacher,
  phases: [
    { name: 'joint', losses: ['reconstruction', 'kd'] },
    { name: 'second', losses: ['kd'], from: 'best-of-seeds' },
  ],
};
const taught = { ...trained, 'target.train.teacher': teacher };
const fromSweep: Acts = {
  on: ['network'],
  with: { 'target.weights': undefined, 'target.from': { sweep: 'runs/other' } },
  content: ['weights'],
  isPlace: true,
};

const normalization = { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] };
const threeOf = [
  [0.5, 0.5, 0.5],
  [0.25, 0.25, 0.25],
] as const;
const shares = [
  [0.5, 1],
  [0.25, 1],
] as const;
const crops = [{ scale: shares[0] }, { scale: shares[1] }] as const;
const mix = { mixup: 0.1, cutmix: 1 };
const trainingSet: Acts = {
  on: ['phase', 'guidance', lookingAt('train')],
  content: ['images', 'train'],
  isPlace: true,
};
const testSet: Acts = { on: [lookingAt('test')], content: ['test'], isPlace: true };
const files = ['one.npy', 'other.npy'] as const;

/** By the settings' paths: what is told of one holds for all below it of which nothing is told. */
const table: Readonly<Record<string, Acts>> = {
  target: {
    on: ['target'],
    values: [
      { network: 'resnet8', dataset: 'cifar10', weights: 'target.th' },
      { network: 'resnet8', dataset: 'cifar10', weights: 'target.th', prune: 0.5 },
    ],
  },
  'target.network': { on: ['target'] },
  'target.network.file': { on: ['target'], content: ['weights'], isPlace: true },
  'target.shortcut': { on: ['target'] },
  // The number of classes and the size of images are the network's own.
  'target.dataset': {
    on: ['target'],
    with: { 'ood.set': 'cifar10-c' },
    values: ['cifar10', 'procedural'],
    content: ['images', 'train', 'test'],
  },
  'target.weights': { on: ['target'], values: ['one.th', 'other.th'], content: ['weights'], isPlace: true },
  'target.key': { on: ['target'], values: ['student', 'teacher'] },
  'target.rename': { on: ['target'] },
  'target.prune': { on: ['target'] },
  'target.train': { on: ['original'], with: trained },
  'target.train.augment.crop': { on: ['original'], with: { ...trained, ...folder }, values: crops },
  'target.train.augment.crop.scale': { on: ['original'], with: { ...trained, ...folder }, values: shares },
  'target.train.augment.crop.ratio': { on: ['original'], with: { ...trained, ...folder }, values: shares },
  'target.train.augment.mix': { on: ['original'], with: { ...trained, 'target.train.augment.mix': mix } },
  'target.train.augment.interpolation': { on: ['original'], with: { ...trained, ...folder } },
  'target.train.schedule.min': { on: ['original'], with: trained, values: [0, 0.01] },
  'target.train.smoothness': {
    on: ['original'],
    with: { ...trained, 'target.train.smoothness.factor': 1e-6 },
  },
  'target.train.teacher': { on: ['original'], with: trained, values: ['none', teacher] },
  'target.train.teacher.network': { on: ['original'], with: taught },
  'target.train.teacher.network.file': {
    on: ['original'],
    with: taught,
    content: ['original-teacher'],
    isPlace: true,
  },
  'target.train.teacher.shortcut': { on: ['original'], with: taught },
  'target.train.teacher.weights': {
    on: ['original'],
    with: taught,
    values: ['one.th', 'other.th'],
    content: ['original-teacher'],
    isPlace: true,
  },
  'target.train.teacher.key': { on: ['original'], with: taught, values: ['student', 'teacher'] },
  'target.train.teacher.rename': { on: ['original'], with: taught },
  'target.train.teacher.normalize': { on: ['original'], with: taught },
  'target.train.teacher.normalize.mean': {
    on: ['original'],
    with: { ...taught, 'target.train.teacher.normalize': normalization },
    values: threeOf,
  },
  'target.train.teacher.normalize.std': {
    on: ['original'],
    with: { ...taught, 'target.train.teacher.normalize': normalization },
    values: threeOf,
  },
  'target.train.distillation': { on: ['original'], with: taught },
  'target.train.seed': { on: ['original'], with: trained, values: [0, 1] },
  'target.from': { ...fromSweep, values: [{ sweep: 'runs/one' }, { sweep: 'runs/other' }] },
  'target.from.sweep': { ...fromSweep, values: ['runs/one', 'runs/other'] },
  'target.from.cell': { ...fromSweep, values: ['one', 'other'] },
  teacher: { on: ['phase', 'guidance'], with: learning, values: ['none', teacher], content: ['teacher'] },
  'teacher.network': { ...shows, with: learning },
  'teacher.network.file': { ...shows, with: learning, content: ['teacher'], isPlace: true },
  'teacher.shortcut': { ...shows, with: learning },
  'teacher.weights': {
    ...shows,
    with: learning,
    values: ['one.th', 'other.th'],
    content: ['teacher'],
    isPlace: true,
  },
  'teacher.key': { ...shows, with: learning, values: ['student', 'teacher'] },
  'teacher.rename': { ...shows, with: learning },
  'teacher.normalize': { ...shows, with: learning },
  'teacher.normalize.mean': {
    ...shows,
    with: { ...learning, 'teacher.normalize': normalization },
    values: threeOf,
  },
  'teacher.normalize.std': {
    ...shows,
    with: { ...learning, 'teacher.normalize': normalization },
    values: threeOf,
  },

  baseline: { on: [], with: { evaluate: ['accuracy', 'loss'] } },

  data: { ...looks, values: [{ normalize: 'imagenet' }, { normalize: 'cifar10' }] },
  'data.root': {
    ...looks,
    values: ['here', 'there'],
    content: ['images', 'train', 'test', 'ood'],
    isPlace: true,
  },
  'data.normalize': looks,
  'data.normalize.mean': { ...looks, with: { 'data.normalize': normalization }, values: threeOf },
  'data.normalize.std': { ...looks, with: { 'data.normalize': normalization }, values: threeOf },
  'data.augment': shows,
  'data.augment.crop': { ...shows, with: folder, values: crops },
  'data.augment.crop.scale': { ...shows, with: folder, values: shares },
  'data.augment.crop.ratio': { ...shows, with: folder, values: shares },
  'data.augment.mix': { ...shows, with: { 'data.augment.mix': mix } },
  'data.augment.interpolation': { ...shows, with: folder },
  'data.train': { ...trainingSet, values: [100, 200] },
  // Test images are none of those that are parted.
  'data.heldOut': {
    on: ['phase', 'guidance', lookingAt('train'), 'split held-out'],
    with: { 'select.split': 'held-out' },
    values: [5000, 4000],
  },
  'data.source': { ...shows, content: ['images'] },
  'data.source.name': { ...shows, content: ['images'] },
  'data.source.folder': { ...shows, values: ['here', 'there'], content: ['images'], isPlace: true },
  'data.source.images': { ...shows, values: files, content: ['images'], isPlace: true },
  'data.source.distribution': shows,
  'data.source.scale': shows,
  'data.folder': {
    ...looks,
    with: folder,
    values: ['here', 'there'],
    content: ['images', 'train', 'test', 'ood'],
    isPlace: true,
  },
  'data.size': { ...looks, with: folder, values: [64, 32] },
  'data.resize': { ...looks, with: { ...folder, 'data.size': 32 }, values: [32, 40] },
  'data.interpolation': { ...looks, with: folder },
  'data.corrupt': { ...looks, with: folder },
  'data.arrays': {
    on: ['phase', 'guidance', lookingAt('train', 'test')],
    with: arrays,
    values: [
      { train: { images: 'a.npy', labels: 'b.npy' }, test: { images: 'c.npy', labels: 'd.npy' } },
      { train: { images: 'e.npy', labels: 'f.npy' }, test: { images: 'g.npy', labels: 'h.npy' } },
    ],
    content: ['images', 'train', 'test'],
    isPlace: true,
  },
  'data.arrays.train': {
    ...trainingSet,
    with: arrays,
    values: [
      { images: 'a.npy', labels: 'b.npy' },
      { images: 'e.npy', labels: 'f.npy' },
    ],
  },
  'data.arrays.train.images': { ...trainingSet, with: arrays, values: files },
  'data.arrays.train.labels': { ...trainingSet, with: arrays, values: files },
  'data.arrays.test': {
    ...testSet,
    with: arrays,
    values: [
      { images: 'a.npy', labels: 'b.npy' },
      { images: 'e.npy', labels: 'f.npy' },
    ],
  },
  'data.arrays.test.images': { ...testSet, with: arrays, values: files },
  'data.arrays.test.labels': { ...testSet, with: arrays, values: files },
  // Of given weights there is one number of classes that fits.
  'data.classes': { on: ['original'], with: { ...folder, ...trained }, values: [10, 12] },
  'data.test': {
    on: [lookingAt('test', 'ood')],
    values: [100, 200],
    content: ['test', 'ood'],
    isPlace: true,
  },

  predictor: { ...trains, values: [{ hidden: 160 }, { hidden: 180 }] },
  'predictor.init.file': {
    ...trains,
    values: ['one.safetensors', 'other.safetensors'],
    content: ['predictor'],
    isPlace: true,
  },
  'predictor.embedding.scales': {
    ...trains,
    values: [
      [1, 0.1, 0.1],
      [1, 0.2, 0.1],
    ],
  },
  permutation: { on: ['permutation'], values: ['in-filter', 'cross-filter'] },
  'permutation.method': { on: ['permutation'], values: ['in-filter', 'cross-filter'] },
  'permutation.twoOpt': { on: ['permutation'], with: { permutation: { method: 'in-filter' } } },
  'permutation.file': {
    on: ['permutation'],
    with: { permutation: { method: 'in-filter' } },
    values: ['one.safetensors', 'other.safetensors'],
    content: ['permutation'],
    isPlace: true,
  },
  sampler: trains,
  alpha: trains,
  beta: trains,
  losses: trains,
  iterations: shows,
  batch: shows,
  // Of phases that begin with reconstruction.
  warmup: {
    ...shows,
    with: { phases: [1, 2].map(i => ({ name: `phase-${i}`, losses: ['reconstruction', 'kd'] })) },
  },
  optimizer: trains,
  'optimizer.betas': {
    ...trains,
    values: [
      [0.9, 0.999],
      [0.95, 0.999],
    ],
  },
  'optimizer.momentum': { ...trains, values: [0.9, 0.8] },
  schedule: trains,
  'schedule.factor': { ...trains, values: [0.9, 0.99] },
  clip: trains,
  'clip.scope': { ...trains, with: { 'clip.norm': 1 } },
  phases: {
    on: ['phase'],
    values: [0.5, 0.25].map(beta => [
      { name: 'joint', losses: ['reconstruction', 'kd', 'fmd'], beta },
      { name: 'second', losses: ['kd'] },
      { name: 'third', losses: ['kd'] },
    ]) as [unknown, unknown],
  },
  // Which rounds there are is no matter of what they find.
  progressive: { on: [], values: [{ rounds: 2 }, { rounds: 3 }] },
  'progressive.rounds': { on: [], values: [2, 3] },
  'progressive.stopWhenNoGain': { on: [] },
  select: { on: ['selection'], values: [{ measure: 'accuracy' }, { measure: 'loss' }] },
  'select.measure': { on: ['selection'] },
  'select.split': { on: ['selection'], values: ['test', 'train'] },

  // What is measured besides is no matter of what a measure finds.
  evaluate: {
    on: [],
    values: [
      ['accuracy', 'loss'],
      ['accuracy', 'ood', 'layer-errors'],
    ],
  },
  attack: { on: ['evaluation fgsm i-fgsm'] },
  'attack.steps': { on: ['evaluation i-fgsm'] },
  'attack.stepSize': { on: ['evaluation i-fgsm'] },
  compression: { on: ['evaluation meta-compression'] },
  ood: { on: ['evaluation ood'], values: [{ severities: [5] }, { severities: [1, 5] }] },
  'ood.set': { on: ['evaluation ood'], content: ['ood'] },
  evaluateEvery: trains,
  evaluateLowest: trains,
};

/** Where a setting acts otherwise, for what another one says. */
export const otherwise: readonly (readonly [path: string, acts: Acts])[] = [
  [
    'data.heldOut',
    { on: [lookingAt('train')], with: { 'data.source': { method: 'noise' } }, values: [0, 5000] },
  ],
  [
    'select.split',
    {
      on: [],
      with: { 'select.measure': 'reconstruction-error', 'progressive.stopWhenNoGain': false },
      values: ['test', 'train'],
    },
  ],
  [
    'attack.epsilon',
    { on: ['evaluation fgsm'], with: { 'attack.stepSize': 0.25, evaluate: ['accuracy', 'fgsm'] } },
  ],
  ['batch', { on: [], with: { phases: 'reconstruction' } }],
  ['losses.kd', { on: [], with: { phases: 'reconstruction' } }],
  [
    'data.train',
    { ...trainingSet, on: [lookingAt('train')], with: { phases: 'reconstruction' }, values: [100, 200] },
  ],
  ['target.prune', { on: ['target'], with: { phases: 'decoupled', permutation: 'none' } }],
  ['target.train.teacher.normalize', { on: ['original'], with: { ...taught, 'target.train.labels': 0 } }],
];

export function actsOf(path: string): Acts {
  for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.'))))
    if (Object.hasOwn(table, at)) return at === path ? table[at]! : { ...table[at]!, values: undefined };
  throw new Error(
    `Expected \`${path}\` to have its place in test/plan/acts.ts: on which stages does it act?`,
  );
}
