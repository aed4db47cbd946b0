/**
 * What can be measured: a record for each name that `evaluate` takes. A new measure is one record here and its
 * implementation (docs/extending.md); the spec's rules, the plan, the stages, the captions of tables and the schema's
 * enumerations go by these records.
 */

/** Images that a measure looks at: those of the split that is asked for, test images that are drawn elsewhere, or none. */
export type LooksAt = 'split' | 'ood' | 'nothing';

/** What is known of a measure that is one number, before anything is measured. */
export interface NumberRecord {
  /** '' for a number without one. */
  readonly unit: '%' | 'nat' | '';
  readonly better: 'higher' | 'lower';
  readonly looksAt: LooksAt;
  /** Whether it is also taken on the way, for it costs no more than a look at the test images. */
  readonly onTheWay: boolean;
  /** Whether it compares with the target, so that it tells nothing of the target itself. */
  readonly compares: boolean;
  /** Whether the best of seeds can be chosen by it. */
  readonly selects: boolean;
  /** The attack under which images are looked at: one step, or `attack.steps` of them. */
  readonly attack?: 'single' | 'iterated';
  /** What a table's caption says of it, where its name does not. */
  readonly caption?: string;
}

const ofLogits = {
  ...{ unit: '%', better: 'higher', looksAt: 'split' },
  ...{ onTheWay: true, compares: false, selects: false },
} as const satisfies NumberRecord;

const underAttack = { ...ofLogits, onTheWay: false } as const;

/** The measures that are one number. */
export const numbers = {
  accuracy: { ...ofLogits, selects: true, caption: 'after the last iteration' },
  'top-5': { ...ofLogits, caption: 'share of images whose class is among the five likeliest' },
  loss: { ...ofLogits, unit: 'nat', better: 'lower', selects: true, caption: 'mean cross-entropy' },
  agreement: {
    ...ofLogits,
    compares: true,
    selects: true,
    caption: 'share of images put into the same class as by the original network',
  },
  'reconstruction-error': {
    ...{ unit: '', better: 'lower', looksAt: 'nothing' },
    ...{ onTheWay: true, compares: true, selects: true },
  },
  fgsm: { ...underAttack, attack: 'single', caption: 'accuracy under the fast gradient sign method' },
  'i-fgsm': {
    ...underAttack,
    attack: 'iterated',
    caption: 'accuracy under the iterated fast gradient sign method',
  },
  ood: {
    ...underAttack,
    looksAt: 'ood',
    caption: 'accuracy on test images that are drawn elsewhere',
  },
} as const satisfies Record<string, NumberRecord>;

/** A measure that is one number. */
export type Measure = keyof typeof numbers;

/** What is known of a measure that is a document. */
export interface DocumentRecord {
  /** Images that it looks at; none: weights alone. */
  readonly looksAt: readonly ('train' | 'test')[];
}

/** The measures that are documents and pictures. */
export const documents = {
  'layer-errors': { looksAt: [] },
  'kernel-grid': { looksAt: [] },
  'low-frequency-ratio': { looksAt: [] },
  'weight-importance': { looksAt: ['test'] },
  interpolation: { looksAt: ['test'] },
  'loss-landscape': { looksAt: ['train', 'test'] },
  'embedding-similarity': { looksAt: [] },
  'meta-compression': { looksAt: ['test'] },
} as const satisfies Record<string, DocumentRecord>;

/** A measure that is a document. */
export type Analysis = keyof typeof documents;

/** What `evaluate` in a spec can name. */
export type Evaluation = Measure | Analysis;

export const isMeasure = (name: Evaluation): name is Measure => Object.hasOwn(numbers, name);

export const numberOf = (name: Measure): NumberRecord => numbers[name];

/** The measures that are one number and of which something holds, in the order of their records. */
export const numbersThat = (holds: (record: NumberRecord) => boolean): Measure[] =>
  (Object.keys(numbers) as Measure[]).filter(name => holds(numbers[name]));

/** Whether one value of a measure is better than another. */
export const betterBy = (measure: Measure) => (a: number, b: number) =>
  numbers[measure].better === 'lower' ? a < b : a > b;

/** What a run reports besides what `evaluate` names, with what a table's caption says of it. */
export const derived = {
  'best-accuracy': 'highest of all evaluations during training, that is selected on the test set',
  rounds: 'progressive rounds that were done',
  'target-accuracy': 'of the target itself',
  'target-smoothness': 'of the target, eq. 6 of NeRN: lower is smoother',
} as const;

/** What a caption says of each metric where its name does not. */
export const captions: Readonly<Record<string, string | undefined>> = {
  ...derived,
  ...Object.fromEntries(Object.entries<NumberRecord>(numbers).map(([name, { caption }]) => [name, caption])),
};
