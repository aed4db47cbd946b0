import { hash } from 'node:crypto';
import { hashOf } from '../canonical-json.ts';
import { type Evaluation, isMeasure } from '../catalogue/measures.ts';
import type { InputHashes } from '../contract/inputs.ts';
import { settingsOf } from '../contract/measure-settings.ts';
import { distils, imagesOf, type Split } from '../contract/needs.ts';
import type { StageKind } from '../contract/stage.ts';
import type { Configuration, Recipe } from '../spec/configuration.ts';
import { fineTuning } from '../spec/fine-tuning.ts';
import { permutationOf } from '../spec/permutation.ts';
import { phasesOf } from '../spec/phases.ts';

/**
 * Version of the method's code that computes the results of a kind of stage. Raise it whenever a change makes the same
 * settings and inputs give other numbers (a formula, an order of random draws, a default that is not in the
 * configuration), and only then: what is kept under the old version is computed anew, and what builds on it.
 */
const versions: Readonly<Record<StageKind, number>> = {
  original: 1,
  permutation: 2,
  guidance: 1,
  phase: 1,
  evaluation: 1,
  selection: 1,
  network: 1,
};

/** The key of a stage: its kind, the hash of its settings, what else tells it apart, and what it builds on. */
export function stageKey(
  kind: StageKind,
  settings: string,
  ...parts: (string | number | undefined)[]
): string {
  return hash('sha256', `${kind} ${versions[kind]} ${settings} ${parts.join(' ')}`);
}

/**
 * The target as a key sees it: by its architecture and the content of its weights, wherever they lie. `network` is the
 * key of the stage that made the network, where it is none that was given.
 */
export function targetSettings(
  { target }: Configuration,
  weights: string | undefined,
  network: string | undefined,
): string {
  const { weights: _, from: __, train: ___, network: named, ...settings } = target;
  return hashOf({ ...settings, network: nameOf(named), of: network ?? weights });
}

/** All that decides the outcome of training a target: its recipe, the images and the teacher by their content. */
export function originalSettings(
  { target: { network, shortcut, dataset }, data }: Configuration,
  { seed: _, teacher, ...recipe }: Recipe,
  { original: images, weights: architecture, 'original-teacher': teachers }: InputHashes,
): string {
  const { normalize, classes, heldOut, size, resize, interpolation, corrupt } = data;
  const guidance = teacher === 'none' ? undefined : teacherSettings(teacher, teachers);
  const { distillation, ...rest } = recipe;
  return hashOf({
    ...{ network: nameOf(network), architecture, shortcut, dataset },
    ...{ normalize, classes, heldOut, size, resize, interpolation, corrupt, images },
    recipe: { ...rest, distillation: guidance && distillation, teacher: guidance },
  });
}

/** A network out of a file is known by the file's content, which is in the hash of its weights. */
const nameOf = (network: Configuration['target']['network']) =>
  typeof network === 'string' ? network : 'file';

type Teacher = Exclude<Configuration['teacher'], 'none'>;

const teacherSettings = (teacher: Teacher, weights: string | undefined) => ({
  ...teacher,
  network: nameOf(teacher.network),
  weights,
});

/** How kernels are ordered, whatever the way it is written; a permutation that is given by its content. */
export function permutationSettings(configuration: Configuration, { permutation }: InputHashes): string {
  const { mode, twoOpt, file } = permutationOf(configuration);
  if (file !== undefined) return hashOf({ given: permutation });
  return hashOf(twoOpt === 0 ? mode : { mode, twoOpt });
}

/** The contents of what a phase reads: the predictor it begins with, images, the teacher's weights. */
export interface PhaseInputs {
  readonly begins: string | undefined;
  readonly images: string | undefined;
  readonly teacher: string | undefined;
}

/** All of a phase's settings that act: none of distillation where nothing is distilled. */
export function phaseSettings(training: Configuration, { begins, images, teacher }: PhaseInputs): string {
  const { predictor, sampler, optimizer, schedule, clip, iterations, losses } = training;
  const { evaluateEvery, evaluateLowest } = training;
  const { init, ...form } = predictor;
  const { reconstruction, reconstructionWeight, ...forms } = losses;
  const { alpha, beta, warmup, batch, data } = training;
  return hashOf({
    ...{ form, sampler, optimizer, schedule, clip, iterations, evaluateEvery },
    losses: { reconstruction, reconstructionWeight },
    begins,
    init: begins === undefined ? undefined : { ...init, file: undefined },
    distillation: distils(training)
      ? { forms, alpha, beta, warmup, batch, data: shownBy(data), images, evaluateLowest }
      : undefined,
    teacher:
      alpha > 0 && training.teacher !== 'none' ? teacherSettings(training.teacher, teacher) : undefined,
  });
}

/**
 * What decides the logits that a phase learns from: the images it is shown, in their order, and the network that they
 * are of. `target` is what that is without a teacher.
 */
export function guidanceSettings(
  training: Configuration,
  { images, teacher }: Pick<PhaseInputs, 'images' | 'teacher'>,
  target: string,
): string {
  const { iterations, warmup, batch, data } = training;
  const network = training.teacher === 'none' ? target : teacherSettings(training.teacher, teacher);
  return hashOf({ steps: iterations - warmup, batch, data: shownBy(data), images, network });
}

/** What decides what is measured on the way. */
export const trackingSettings = ({ data }: Configuration, { test }: InputHashes): string =>
  hashOf({ looked: lookedAt(data, false), test });

/**
 * What of the data settings decides how images that are measured on look, and which they are; of test images none are held
 * out.
 */
const lookedAt = (
  { normalize, heldOut, size, resize, interpolation, corrupt }: Configuration['data'],
  isTraining: boolean,
) => ({
  ...{ normalize, heldOut: isTraining ? heldOut : 0, size, resize, interpolation, corrupt },
});

/** What decides the value of a measure, besides what is measured: its settings and the images, by their content. */
export function evaluationSettings(
  measure: Evaluation,
  configuration: Configuration,
  split: Split,
  images: readonly (string | undefined)[],
  hashes: InputHashes,
): string {
  const settings = isMeasure(measure)
    ? settingsOf(measure, configuration)
    : measure === 'meta-compression'
      ? compressionSettings(configuration, hashes)
      : undefined;
  const isTraining = imagesOf(measure, split).includes('train');
  const looked = images.length > 0 ? lookedAt(configuration.data, isTraining) : undefined;
  // What looks at no images is the same on every split.
  const of = images.length > 0 ? split : 'test';
  return hashOf({ measure, settings, split: of, looked, images: images.map(image => image ?? null) });
}

function compressionSettings(configuration: Configuration, hashes: InputHashes) {
  const { fineTune, ...compression } = configuration.compression;
  if (fineTune === undefined) return compression;
  const images = hashes[`images:${phasesOf(configuration).length - 1}`];
  const read = { begins: undefined, images, teacher: hashes.teacher };
  return { ...compression, fineTuning: phaseSettings(fineTuning(configuration, fineTune), read) };
}

/** What of the data settings decides which batches are shown, besides the content of the images. */
function shownBy({
  normalize,
  augment,
  heldOut,
  source,
  size,
  resize,
  interpolation,
  corrupt,
}: Configuration['data']): object {
  return {
    normalize,
    augment,
    // Images that are none of the task's are not parted.
    heldOut: source.method === 'task' ? heldOut : 0,
    size,
    resize,
    interpolation,
    corrupt,
    source: { ...source, folder: undefined, images: undefined },
  };
}
