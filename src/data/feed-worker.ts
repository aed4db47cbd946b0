import { workerData } from 'node:worker_threads';
import { Failure } from '../failure.ts';
import { openBatches } from './batch-maker.ts';
import type { Buffers, FeedMessage, FeedOrder } from './feed.ts';

/* A feed's thread: fills each batch it is given room for, in turn. */

const { order, state, port } = workerData as FeedOrder;

const opened = openBatches(order, state);
let turn: Promise<unknown> = opened;

port.on('message', ({ pixels, labels, shares }: Buffers) => {
  turn = turn.then(async () => {
    const batches = await opened;
    await batches.fill(pixels, labels, shares);
    const message: FeedMessage = { pixels, labels, shares, state: batches.state() };
    port.postMessage(message, [pixels.buffer, labels.buffer, shares.buffer] as ArrayBuffer[]);
  });
  turn.catch(tell);
});

/** After an error no batch follows: the order of the data would have a gap. */
function tell(error: unknown): void {
  const message: FeedMessage =
    error instanceof Failure
      ? { failure: { kind: error.kind, message: error.message, hint: error.hint, details: error.details } }
      : { bug: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  port.postMessage(message);
}
