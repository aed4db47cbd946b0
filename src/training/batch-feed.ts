import type { BatchesOrder } from '../data/batch-maker.ts';
import type { BatchesState } from '../data/batches.ts';
import { openFeed } from '../data/feed.ts';
import type { Tensor } from '../graph/tensor.ts';

/** The images that steps of distillation are shown, one batch after the other. */
export interface BatchFeed {
  /** The next batch [batch, 3, h, w]; it holds until the one after is asked for. */
  next(): Promise<Tensor>;
  /** Where the stream stands. */
  state(): BatchesState;
  close(): Promise<void>;
}

export function openBatches(order: BatchesOrder, start: BatchesState): BatchFeed {
  const feed = openFeed(order, start);
  const shape = [order.batch, ...order.input];
  let state = start;
  return {
    async next() {
      const batch = await feed.next();
      state = batch.state;
      return { shape, data: batch.pixels };
    },
    state: () => state,
    close: feed.close,
  };
}
