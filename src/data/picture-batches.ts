import { createRandom, restoreRandom } from '../random.ts';
import { type Augmentation, changed, meanColour } from './augment/augmentation.ts';
import { erase } from './augment/erase.ts';
import type { InterpolationChoice } from './augment/interpolation.ts';
import { drawMixes, mixed } from './augment/mix.ts';
import { type BatchesState, type BatchMaker, createOrder } from './batches.ts';
import { type ImageSize, type Labels, valuesOf } from './images.ts';
import { type Normalization, normalizationTable, normalizeInterleaved } from './normalize.ts';

/** Images as training sees them before anything but flips and crops is done to them. */
export interface Views extends ImageSize {
  /** One for each image. */
  readonly labels: Labels;
  /** An image, [height, width, 3]; what is random in it follows from `seed`. */
  view(index: number, seed: number): Uint8Array | Promise<Uint8Array>;
}

export interface PictureBatchesOptions {
  readonly normalization: Normalization;
  readonly augmentation: Augmentation | undefined;
  readonly interpolation: InterpolationChoice;
  /** Images in a batch. */
  readonly batch: number;
}

/**
 * Batches of images that are looked at one by one. The order is drawn first, of each image a seed, and one for how they
 * are mixed; then all images of a batch are made side by side.
 */
export function createPictureBatches(
  views: Views,
  options: PictureBatchesOptions,
  state: BatchesState,
): BatchMaker {
  const { normalization, augmentation, interpolation, batch } = options;
  const { height, width } = views;
  const size = { height, width };
  const order = createOrder(views.labels.length, state);
  const random = restoreRandom(state.augment);
  const table = normalizationTable(normalization);
  const fill = meanColour(normalization);
  const values = valuesOf(size);
  const { mix, erase: erasing } = augmentation ?? {};

  const pictureOf = async (index: number, seed: number) => {
    const data = await views.view(index, seed);
    return augmentation ? changed({ ...size, data }, augmentation, interpolation, fill, seed).data : data;
  };
  return {
    async fill(into, labels, shares) {
      const drawn = Array.from({ length: batch }, () => ({ index: order.next(), seed: random.uint32() }));
      const mixes = mix && drawMixes(mix, batch, size, createRandom(random.uint32(), 'mix'));
      const pictures = await Promise.all(drawn.map(({ index, seed }) => pictureOf(index, seed)));
      for (const [i, { index, seed }] of drawn.entries()) {
        const [own, partner] = [pictures[i]!, pictures[batch - 1 - i]!];
        const image = into.subarray(i * values, (i + 1) * values);
        normalizeInterleaved(mixes ? mixed(own, partner, size, mixes[i]!) : own, table, image);
        if (erasing) erase(image, erasing, size, createRandom(seed, 'erase'));
        labels[i] = views.labels[index]!;
        if (shares) shares[i] = mixes ? mixes[i]!.share : 1;
      }
    },
    state: () => ({ ...order.state(), augment: random.state() }),
  };
}
