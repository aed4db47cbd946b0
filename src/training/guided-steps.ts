import { join } from 'node:path';
import type { BatchesOrder } from '../data/batch-maker.ts';
import type { BatchesState } from '../data/batches.ts';
import { writeAtomic } from '../files/atomic.ts';
import { sizeOf } from '../graph/tensor.ts';
import { openBatches } from './batch-feed.ts';
import type { Guide } from './guidance.ts';
import { type GuidanceRecord, guidanceFile } from './guidance-file.ts';
import type { Position, Step } from './resumable.ts';

/** Where the writing of logits stands: whole files are in the folder. */
export interface GuidanceState extends Position {
  readonly batches: BatchesState;
}

/** Asks the guide for the logits of each batch from `start` on, and writes them to `folder`, a file when it is full. */
export async function* writeGuidance(
  guide: Guide,
  images: BatchesOrder,
  { steps, shape, stepsPerFile }: GuidanceRecord,
  folder: string,
  start: GuidanceState,
): AsyncGenerator<Step<GuidanceState, never>> {
  const feed = openBatches(images, start.batches);
  const size = sizeOf(shape);
  let whole = start;
  try {
    while (whole.iteration < steps) {
      const from = whole.iteration;
      const count = Math.min(stepsPerFile, steps - from);
      const logits = new Float32Array(count * size);
      for (let i = 0; i < count; i++) {
        logits.set((await guide(await feed.next(), from + i)).data, i * size);
        const iteration = from + i + 1;
        if (i === count - 1) {
          const file = join(folder, guidanceFile(Math.floor(from / stepsPerFile)));
          await writeAtomic(file, new Uint8Array(logits.buffer));
          whole = { iteration, batches: feed.state() };
        }
        const state = whole;
        yield { iteration, state: () => state };
      }
    }
  } finally {
    await feed.close();
  }
}
