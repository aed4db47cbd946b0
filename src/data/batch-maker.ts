import { join } from 'node:path';
import { Failure } from '../failure.ts';
import { restoreRandom } from '../random.ts';
import { type BatchesState, createBatches, createOrder } from './batches.ts';
import { decodeCentre, decodeRandom } from './decode.ts';
import { takeFiles } from './folder.ts';
import { type FolderSource, openFolder } from './folder-set.ts';
import { divide, takeImages } from './held-out.ts';
import { type ImageSize, type Labels, planeOf } from './images.ts';
import { fillWithNoise, type Noise } from './noise.ts';
import { type Normalization, normalizationTable, normalizeInterleaved } from './normalize.ts';
import { readImages, type TrainingSource } from './source.ts';

/** What training is shown; plain JSON. */
export interface BatchesOrder {
  readonly source: TrainingSource;
  /** Images at the end of the source, after a fixed shuffle, that are not shown. */
  readonly heldOut: number;
  readonly normalization: Normalization;
  /** Whether images are shown with random flips and crops; noise never is. */
  readonly augment: boolean;
  /** Images in a batch. */
  readonly batch: number;
  /** Channels, height and width that the network takes. */
  readonly input: readonly [number, number, number];
}

/** Makes one batch after the other. */
export interface BatchMaker {
  /** Fills `into` ([batch, channels, height, width], normalised) and `labels` ([batch]; 0 for noise). */
  fill(into: Float32Array, labels: Labels): Promise<void>;
  /** Where the data stands now: batches made from an equal state are equal byte for byte. */
  state(): BatchesState;
}

/** Reads what training is shown, from `state` on. Throws a Failure of kind 'data'. */
export async function openBatches(order: BatchesOrder, state: BatchesState): Promise<BatchMaker> {
  const { source } = order;
  if (source.kind === 'noise') return noiseMaker(source, state);
  if (source.kind === 'folder') return folderMaker(source, order, state);
  const all = await readImages(source);
  refuseOtherSize(all, order.input);
  const { kept } = divide(all.count, order.heldOut);
  const batches = createBatches(
    { ...order, images: order.heldOut === 0 ? all : takeImages(all, kept) },
    state,
  );
  return { fill: async (into, labels) => batches.next(into, labels), state: batches.state };
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
    async fill(into, labels) {
      fillWithNoise(into, noise, random);
      labels.fill(0);
    },
    state: () => ({ ...state, augment: random.state() }),
  };
}

/** The order is drawn first, and of each image a seed; then all images of a batch are decoded side by side. */
async function folderMaker(
  source: FolderSource,
  { normalization, augment, heldOut, batch }: BatchesOrder,
  state: BatchesState,
): Promise<BatchMaker> {
  const all = await openFolder(source);
  const list = takeFiles(all, divide(all.files.length, heldOut).kept);
  const table = normalizationTable(normalization);
  const order = createOrder(list.files.length, state);
  const random = restoreRandom(state.augment);
  const { size } = source;
  const values = 3 * planeOf({ height: size, width: size });
  return {
    async fill(into, labels) {
      const drawn = Array.from({ length: batch }, () => ({ index: order.next(), seed: random.uint32() }));
      await Promise.all(
        drawn.map(async ({ index, seed }, i) => {
          const file = join(list.folder, list.files[index]!);
          const view = await (augment
            ? decodeRandom(file, size, source.interpolation, seed)
            : decodeCentre(file, source));
          normalizeInterleaved(view, table, into.subarray(i * values, (i + 1) * values));
          labels[i] = list.labels[index]!;
        }),
      );
    },
    state: () => ({ ...order.state(), augment: random.state() }),
  };
}
