import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { Failure, type FailureKind } from '../failure.ts';
import { threadScript } from '../thread-script.ts';
import type { BatchesOrder } from './batch-maker.ts';
import type { BatchesState } from './batches.ts';

/** A batch of training images. */
export interface Batch {
  /** [batch, channels, height, width], normalised; holds until the next batch is asked for. */
  readonly pixels: Float32Array;
  /** [batch] */
  readonly labels: Uint16Array;
  /** [batch]: how much of an image is its own; the rest is of the one as far from the end of the batch. */
  readonly shares: Float32Array;
  /** Where the data stands after it. */
  readonly state: BatchesState;
}

/** Batches that are made ahead, in a thread of their own, while the engine works: its calls block the one they are made in. */
export interface Feed {
  /** The next batch. Fails with a Failure of kind 'data' where its images cannot be read. */
  next(): Promise<Batch>;
  /** Milliseconds that were spent waiting in `next` so far, but for the first batch, which is waited for in any case. */
  waited(): number;
  close(): Promise<void>;
}

/** What a batch is made in; goes to and fro. */
export type Buffers = Pick<Batch, 'pixels' | 'labels' | 'shares'>;

/** What a feed's thread sends. */
export type FeedMessage =
  | Batch
  | { readonly failure: { kind: FailureKind; message: string; hint?: string | undefined; details: object } }
  | { readonly bug: string };

/** What a feed's thread is started with. */
export interface FeedOrder {
  readonly order: BatchesOrder;
  readonly state: BatchesState;
  readonly port: MessagePort;
}

/** Batches there are room for: one that is looked at, and two that are made ahead. */
const room = 3;

/** Starts to make batches, from `state` on. Which bytes they have depends on nothing else than `order` and `state`. */
export function openFeed(order: BatchesOrder, state: BatchesState): Feed {
  const { port1: port, port2 } = new MessageChannel();
  const worker = new Worker(threadScript('data/feed-worker'), {
    workerData: { order, state, port: port2 },
    transferList: [port2],
  });
  const arrived: FeedMessage[] = [];
  let wake = () => {};
  const arrive = (message: FeedMessage) => {
    arrived.push(message);
    wake();
  };
  port.on('message', arrive);
  worker.on('error', error => arrive({ bug: String(error.stack ?? error) }));
  // Neither keeps a process alive whose work is done; while a batch is waited for, the port does.
  worker.unref();
  port.unref();

  const values = order.batch * order.input.reduce((a, b) => a * b, 1);
  const giveBack = ({ pixels, labels, shares }: Buffers) =>
    port.postMessage({ pixels, labels, shares }, [
      pixels.buffer,
      labels.buffer,
      shares.buffer,
    ] as ArrayBuffer[]);
  for (let i = 0; i < room; i++)
    giveBack({
      pixels: new Float32Array(values),
      labels: new Uint16Array(order.batch),
      shares: new Float32Array(order.batch),
    });

  let held: Batch | undefined;
  let waited: number | undefined;
  /** What has arrived while the thread was busy is there before its event is. */
  const receive = async (): Promise<FeedMessage> => {
    const message = arrived.shift() ?? receiveMessageOnPort(port)?.message;
    if (message !== undefined) return message;
    port.ref();
    await new Promise<void>(resolve => {
      wake = resolve;
    });
    port.unref();
    return arrived.shift()!;
  };
  return {
    async next() {
      if (held) giveBack(held);
      held = undefined;
      const began = performance.now();
      const message = await receive();
      waited = waited === undefined ? 0 : waited + performance.now() - began;
      if ('failure' in message) throw failureOf(message.failure);
      if ('bug' in message) throw new Error(message.bug);
      held = message;
      return message;
    },
    waited: () => waited ?? 0,
    async close() {
      port.close();
      await worker.terminate();
    },
  };
}

const failureOf = ({ kind, message, hint, details }: Extract<FeedMessage, { failure: unknown }>['failure']) =>
  new Failure(kind, message, hint, { ...details });
