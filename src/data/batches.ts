import { createRandom, type Random, restoreRandom, shuffled } from '../random.ts';
import { type ImageSize, type Images, type Labels, planeOf, valuesOf } from './images.ts';
import { type Normalization, normalizationTable } from './normalize.ts';

/** Where a run stands in its data; plain JSON. Batches made from an equal state are equal byte for byte. */
export interface BatchesState {
  /** The generator of the orders as it was before the current epoch was shuffled. */
  readonly order: readonly number[];
  /** The generator of flips and crops. */
  readonly augment: readonly number[];
  /** Images of the current epoch already used. */
  readonly position: number;
}

export interface Batches {
  /** Fills `into` ([batch, 3, height, width], normalised) and, when given, `labels` ([batch]) with the next images. */
  next(into: Float32Array, labels?: Labels): void;
  state(): BatchesState;
}

/** Makes one batch after the other. */
export interface BatchMaker {
  /**
   * Fills `into` ([batch, channels, height, width], normalised), `labels` ([batch]; 0 for noise) and, when given, `shares`
   * ([batch]): how much of an image is its own, the rest being of the one as far from the end of the batch.
   */
  fill(into: Float32Array, labels: Labels, shares?: Float32Array): Promise<void>;
  /** Where the data stands now: batches made from an equal state are equal byte for byte. */
  state(): BatchesState;
}

export interface BatchesOptions {
  readonly images: Images;
  readonly normalization: Normalization;
  /** Horizontal flip with probability 1/2, then a random crop, of the same size, of the image padded with black. */
  readonly augment: boolean;
  /** Images in a batch. */
  readonly batch: number;
}

/** The state before the first batch; order and augmentation draw from streams of their own. */
export function startOfData(seed: number): BatchesState {
  return {
    order: createRandom(seed, 'order').state(),
    augment: createRandom(seed, 'augment').state(),
    position: 0,
  };
}

/** An endless sequence of images: each epoch is every one once, in a new random order. */
export interface Order {
  /** The index of the next image. */
  next(): number;
  state(): Omit<BatchesState, 'augment'>;
}

/** The order of `count` images, from `state` on. */
export function createOrder(count: number, state: Omit<BatchesState, 'augment'>): Order {
  const random = restoreRandom(state.order);
  let epoch = state.order;
  let order = shuffled(count, random);
  let { position } = state;
  return {
    next() {
      if (position >= count) {
        epoch = random.state();
        order = shuffled(count, random);
        position = 0;
      }
      return order[position++]!;
    },
    state: () => ({ order: epoch, position }),
  };
}

/**
 * Endless batches from `state` on: each epoch is every image once in a new random order. All batches have the same
 * size; one that reaches the end of an epoch is filled up from the next, so no image is dropped or used twice
 * within an epoch.
 */
export function createBatches(options: BatchesOptions, state: BatchesState): Batches {
  const { images, batch } = options;
  const table = normalizationTable(options.normalization);
  const order = createOrder(images.count, state);
  const augmentRandom = restoreRandom(state.augment);
  const values = valuesOf(images);
  const padding = paddingOf(images);

  return {
    next(into, labels) {
      for (let i = 0; i < batch; i++) {
        const index = order.next();
        const view = options.augment ? randomView(augmentRandom, padding, 0.5) : centred;
        writeView(images, index * values, table, view, into, i * values);
        if (labels) labels[i] = images.labels[index]!;
      }
    },
    state: () => ({ ...order.state(), augment: augmentRandom.state() }),
  };
}

/** What is seen of an image in memory. */
export interface View {
  readonly flip: boolean;
  /** Rows and columns the crop is moved by; what lies outside the image is black. */
  readonly down: number;
  readonly right: number;
}

/** Pixels added on each side before a crop: 4 of an image of 32, and as much of others in proportion. */
export const paddingOf = ({ height, width }: ImageSize) => Math.round(Math.min(height, width) / 8);

const centred: View = { flip: false, down: 0, right: 0 };

/** A view that is flipped as often as `flips` says. */
export function randomView(random: Random, padding: number, flips: number): View {
  const flip = random.uniform() >= 1 - flips;
  const down = random.below(2 * padding + 1) - padding;
  const right = random.below(2 * padding + 1) - padding;
  return { flip, down, right };
}

function writeView(
  { pixels, height, width }: Images,
  source: number,
  table: Float32Array,
  { flip, down, right }: View,
  into: Float32Array,
  target: number,
): void {
  const plane = planeOf({ height, width });
  const firstRow = Math.max(0, -down);
  const lastRow = Math.min(height, height - down);
  const firstColumn = Math.max(0, -right);
  const lastColumn = Math.min(width, width - right);
  const step = flip ? -1 : 1;
  for (let channel = 0; channel < 3; channel++) {
    const base = channel * 256;
    const output = target + channel * plane;
    // Padding is a black pixel before normalisation, as when an 8-bit image is padded.
    if (down !== 0 || right !== 0) into.fill(table[base]!, output, output + plane);
    for (let row = firstRow; row < lastRow; row++) {
      const start = source + channel * plane + (row + down) * width;
      let from = flip ? start + width - 1 - (firstColumn + right) : start + firstColumn + right;
      const rowStart = output + row * width;
      for (let to = rowStart + firstColumn; to < rowStart + lastColumn; to++) {
        into[to] = table[base + pixels[from]!]!;
        from += step;
      }
    }
  }
}
