import type { RunFailure } from './events.ts';

/** What became of one item. */
export type Outcome =
  | { state: 'done' }
  | { state: 'failed'; failure: RunFailure }
  /** It is not needed after all; nor is what builds on it. */
  | { state: 'left-out' }
  /** It was stopped: it is neither done nor failed, and is not begun again. */
  | { state: 'open' }
  /** Another runner is at it. */
  | { state: 'busy' };

/** Items that wait for each other. */
export interface Node {
  readonly key: string;
  /** The keys of items that must be done before; those that are no item here are done. */
  readonly after: readonly string[];
}

/** What the scheduler asks of its user. */
export interface Work<Item extends Node> {
  /** More items that are to be done in one go with `first`, each after those that it builds on. */
  followers(first: Item, ready: (item: Item) => boolean): Item[];
  /** Executes the items in order in one of the lanes; what is missing in the answer was not begun. */
  execute(items: readonly Item[], lane: number): Promise<ReadonlyMap<string, Outcome>>;
  /** Told once for each item that ends, also for one that cannot be begun, for what it builds on failed. */
  ended(item: Item, outcome: Outcome, cause: Item | undefined): void;
  /** Waits until a busy item is worth another try. */
  wait(): Promise<void>;
}

/** After so many failures in a row that say the same, the cause is not in the items: the next would fail as well. */
export const identicalFailuresToStop = 3;

/**
 * Executes the items, at most `jobs` at a time, each as soon as what it builds on is done, earlier ones first; goes on
 * when one fails. Starts no more after `stop` is aborted or after three identical failures in a row (a loss that is not
 * a number is excepted: it tells of one cell's settings, not of the machine); those already started are waited for.
 * Returns the failure that kept items from being started, if one did.
 */
export async function schedule<Item extends Node>(
  items: readonly Item[],
  jobs: number,
  work: Work<Item>,
  stop: AbortSignal,
): Promise<RunFailure | undefined> {
  const order = new Map(items.map((item, i) => [item.key, i]));
  const dependents = new Map<string, Item[]>();
  const missing = new Map<string, number>();
  for (const item of items) {
    const after = new Set(item.after.filter(key => order.has(key)));
    missing.set(item.key, after.size);
    for (const key of after) {
      const others = dependents.get(key);
      if (others === undefined) dependents.set(key, [item]);
      else others.push(item);
    }
  }
  const ready = items.filter(({ key }) => missing.get(key) === 0);
  const unfinished = new Set(items.map(({ key }) => key));
  let [running, busy] = [0, 0];
  let inARow: RunFailure[] = [];
  const isHopeless = () => inARow.length >= identicalFailuresToStop;
  const mayStart = () => !stop.aborted && !isHopeless();

  let wake: (() => void)[] = [];
  const changed = () => {
    for (const resolve of wake) resolve();
    wake = [];
  };
  stop.addEventListener('abort', changed);

  /** Begun in one go with others, and not told of yet: what it waits for ending makes it no candidate for another go. */
  const inHand = new Set<string>();

  const enqueue = (item: Item) => {
    if (inHand.has(item.key)) return;
    const place = order.get(item.key)!;
    let at = ready.length;
    while (at > 0 && order.get(ready[at - 1]!.key)! > place) at--;
    ready.splice(at, 0, item);
  };

  /** Takes an item out of the graph, and with it what can then never be begun. */
  const settle = (item: Item, outcome: Outcome, cause?: Item): void => {
    if (!unfinished.delete(item.key)) return;
    work.ended(item, outcome, cause);
    for (const next of dependents.get(item.key) ?? []) {
      if (outcome.state !== 'done') settle(next, outcome, cause ?? item);
      else {
        missing.set(next.key, missing.get(next.key)! - 1);
        if (missing.get(next.key) === 0 && unfinished.has(next.key)) enqueue(next);
      }
    }
  };

  const retryLater = async (item: Item) => {
    busy++;
    await work.wait();
    busy--;
    enqueue(item);
    changed();
  };

  const take = (): Item[] => {
    const first = ready.shift()!;
    const taken = new Set([first.key]);
    // Ready together with it: all that it builds on is done, or done before it in the same go.
    const isReady = (item: Item) =>
      unfinished.has(item.key) &&
      !taken.has(item.key) &&
      item.after.every(key => taken.has(key) || !unfinished.has(key));
    const all = [first];
    for (const item of work.followers(first, isReady)) {
      if (!isReady(item)) continue;
      taken.add(item.key);
      all.push(item);
    }
    for (const { key } of all) {
      const at = ready.findIndex(item => item.key === key);
      if (at >= 0) ready.splice(at, 1);
    }
    return all;
  };

  const lane = async (number: number) => {
    while (unfinished.size > 0) {
      if (!mayStart()) return;
      if (ready.length === 0) {
        if (running === 0 && busy === 0) return;
        await new Promise<void>(resolve => wake.push(resolve));
        continue;
      }
      const chosen = take();
      running++;
      for (const { key } of chosen) inHand.add(key);
      const outcomes = await work.execute(chosen, number);
      running--;
      for (const item of chosen) {
        inHand.delete(item.key);
        const outcome = outcomes.get(item.key);
        if (outcome === undefined) {
          if (missing.get(item.key) === 0 && unfinished.has(item.key)) enqueue(item);
          continue;
        }
        if (outcome.state === 'failed') inARow = extend(inARow, outcome.failure);
        if (outcome.state === 'done') inARow = [];
        if (outcome.state === 'busy') void retryLater(item);
        else if (outcome.state !== 'open') settle(item, outcome);
      }
      changed();
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, items.length) }, (_, i) => lane(i)));
  stop.removeEventListener('abort', changed);
  changed();
  return unfinished.size > 0 && isHopeless() ? inARow[0] : undefined;
}

function extend(inARow: readonly RunFailure[], failure: RunFailure): RunFailure[] {
  if (failure.kind === 'nan') return [];
  const same = inARow[0]?.kind === failure.kind && inARow[0].message === failure.message;
  return same ? [...inARow, failure] : [failure];
}
