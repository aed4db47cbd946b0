import { join } from 'node:path';
import { Failure } from '../failure.ts';
import { createRandom, restoreRandom } from '../random.ts';
import { type Augmentation, flipsAndCrops } from './augment/augmentation.ts';
import { type BatchesState, type BatchMaker, createBatches, paddingOf, randomView } from './batches.ts';
import { inception } from './crop.ts';
import { decodeCentre, decodeRandom } from './decode.ts';
import { takeFiles } from './folder.ts';
import { type FolderSource, openFolder } from './folder-set.ts';
import { divide, takeImages } from './held-out.ts';
import type { ImageSize, Images } from './images.ts';
import { viewOf } from './memory-view.ts';
import { fillWithNoise, type Noise } from './noise.ts';
import type { Normalization } from './normalize.ts';
import { createPictureBatches } from './picture-batches.ts';
import { readImages, type TrainingSource } from './source.ts';

/** What training is shown; plain JSON. */
export interface BatchesOrder {
  readonly source: TrainingSource;
  /** Images at the end of the source, after a fixed shuffle, that are not shown. */
  readonly heldOut: number;
  readonly normalization: Normalization;
  /** What is done to images: nothing, random flips and crops, or more; to noise nothing is. */
  readonly augment: boolean | Augmentation;
  /** Images in a batch. */
  readonly batch: number;
  /** Channels, height and width that the network takes. */
  readonly input: readonly [number, number, number];
}

/** Reads what training is shown, from `state` on. Throws a Failure of kind 'data'. */
export async function openBatches(order: BatchesOrder, state: BatchesState): Promise<BatchMaker> {
  const { source } = order;
  if (source.kind === 'noise') return noiseMaker(source, state);
  if (source.kind === 'folder') return folderMaker(source, order, state);
  const all = await readImages(source);
  refuseOtherSize(all, order.input);
  const { kept } = divide(all.count, order.heldOut);
  const images = order.heldOut === 0 ? all : takeImages(all, kept);
  const { augment } = order;
  if (typeof augment === 'object') return augmentedMaker(images, augment, order, state);
  const batches = createBatches({ ...order, images, augment }, state);
  return {
    async fill(into, labels, shares) {
      batches.next(into, labels);
      shares?.fill(1);
    },
    state: batches.state,
  };
}

function refuseOtherSize({ height, width }: ImageSize, [, rows, columns]: BatchesOrder['input']): void {
  if (height === rows && width === columns) return;
  throw new Failure(
    'data',
    `Expected images of ${rows}x${columns} pixels, which the network takes, got ${height}x${width}`,
    'Train on images of that size, or name a folder of images, which are scaled.',
  );
}

function noiseMaker(noise: Noise, state: BatchesState): BatchMaker {
  const random = restoreRandom(state.augment);
  return {
    async fill(into, labels, shares) {
      fillWithNoise(into, noise, random);
      labels.fill(0);
      shares?.fill(1);
    },
    state: () => ({ ...state, augment: random.state() }),
  };
}

/** Images in files, decoded when they are shown. */
async function folderMaker(
  source: FolderSource,
  { normalization, augment, heldOut, batch }: BatchesOrder,
  state: BatchesState,
): Promise<BatchMaker> {
  const all = await openFolder(source);
  const { folder, files, labels } = takeFiles(all, divide(all.files.length, heldOut).kept);
  const { size } = source;
  const augmentation = augment === true ? flipsAndCrops : augment || undefined;
  const interpolation = augmentation?.interpolation ?? source.interpolation;
  const view = (index: number, seed: number) => {
    const file = join(folder, files[index]!);
    if (augmentation === undefined) return decodeCentre(file, source);
    const { crop = inception, flip } = augmentation;
    return decodeRandom(file, { size, crop, flip, interpolation }, seed);
  };
  const options = { normalization, augmentation, interpolation, batch };
  return createPictureBatches({ height: size, width: size, labels, view }, options, state);
}

/** Images in memory to which more is done than to flip and crop them. */
function augmentedMaker(
  images: Images,
  augmentation: Augmentation,
  { normalization, batch }: BatchesOrder,
  state: BatchesState,
): BatchMaker {
  const { height, width, labels } = images;
  const padding = paddingOf(images);
  const view = (index: number, seed: number) =>
    viewOf(images, index, randomView(createRandom(seed, 'view'), padding, augmentation.flip));
  const { interpolation = 'bilinear' } = augmentation;
  const options = { normalization, augmentation, interpolation, batch };
  return createPictureBatches({ height, width, labels, view }, options, state);
}
