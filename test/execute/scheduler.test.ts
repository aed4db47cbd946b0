import { describe, expect, it } from 'vitest';
import type { RunFailureKind } from '../../src/execute/events.ts';
import { type Node, type Outcome, schedule, type Work } from '../../src/execute/scheduler.ts';

const never = new AbortController().signal;
const done: Outcome = { state: 'done' };
const failed = (kind: RunFailureKind, message: string): Outcome => ({
  state: 'failed',
  failure: { kind, message },
});

/** An item with what it waits for. */
const item = (key: string, ...after: string[]): Node => ({ key, after });

/** Work in which each item ends as `outcomeOf` says; notes what is begun together and how items end. */
function noting(outcomeOf: (key: string) => Outcome | undefined | Promise<Outcome | undefined> = () => done) {
  const begun: string[][] = [];
  const ended: [string, Outcome['state'], string?][] = [];
  const work: Work<Node> = {
    followers: () => [],
    async execute(items) {
      begun.push(items.map(({ key }) => key));
      const outcomes = new Map<string, Outcome>();
      for (const { key } of items) {
        const outcome = await outcomeOf(key);
        if (outcome !== undefined) outcomes.set(key, outcome);
      }
      return outcomes;
    },
    ended: ({ key }, { state }, cause) =>
      ended.push(cause === undefined ? [key, state] : [key, state, cause.key]),
    wait: async () => {},
  };
  return { work, begun, ended };
}

/** Runs independent items with these outcomes one after the other; tells which were begun and why it stopped. */
async function play(outcomes: readonly Outcome[]) {
  const { work, begun } = noting(key => outcomes[Number(key)]);
  const items = outcomes.map((_, i) => item(String(i)));
  const stopped = await schedule(items, 1, work, never);
  return { started: begun.flat().map(Number), stopped };
}

describe('schedule', () => {
  it('starts in order, never more than `jobs` at a time, and uses all of them', async () => {
    let [now, most] = [0, 0];
    const { work, begun } = noting(async () => {
      most = Math.max(most, ++now);
      await Promise.resolve();
      now--;
      return done;
    });
    const items = Array.from({ length: 20 }, (_, i) => item(String(i)));
    expect(await schedule(items, 3, work, never)).toBeUndefined();
    expect(begun.flat()).toEqual(items.map(({ key }) => key));
    expect(most).toBe(3);
  });

  it('goes on after failures that differ', async () => {
    const outcomes = [
      failed('engine', 'a'),
      failed('engine', 'b'),
      failed('data', 'b'),
      failed('engine', 'a'),
    ];
    expect(await play([...outcomes, done])).toEqual({ started: [0, 1, 2, 3, 4], stopped: undefined });
  });

  it('goes on when a success lies between identical failures', async () => {
    const same = failed('engine', 'a');
    const { started, stopped } = await play([same, same, done, same, same]);
    expect([started.length, stopped]).toEqual([5, undefined]);
  });

  it('starts no more after three identical failures in a row and says which', async () => {
    const same = failed('data', 'no images');
    const { started, stopped } = await play([done, same, same, same, done]);
    expect(started).toEqual([0, 1, 2, 3]);
    expect(stopped).toEqual({ kind: 'data', message: 'no images' });
  });

  it('does not stop for losses that are not numbers', async () => {
    const same = failed('nan', 'loss');
    expect((await play([same, same, same, same, done])).started).toHaveLength(5);
  });

  it('starts no more once stopped, and waits for those at work', async () => {
    const stop = new AbortController();
    const atEnd: string[] = [];
    const { work } = noting(async key => {
      if (key === '1') stop.abort();
      await Promise.resolve();
      atEnd.push(key);
      return done;
    });
    const items = ['0', '1', '2', '3'].map(key => item(key));
    expect(await schedule(items, 2, work, stop.signal)).toBeUndefined();
    expect(atEnd).toEqual(['0', '1']);
  });
});

describe('items that wait for others', () => {
  const diamond = [item('a'), item('b', 'a'), item('c', 'a'), item('d', 'b', 'c')];

  it('are begun when those are done, though they stand before them', async () => {
    const { work, begun, ended } = noting();
    await schedule([...diamond].reverse(), 1, work, never);
    expect(begun).toEqual([['a'], ['c'], ['b'], ['d']]);
    expect(ended).toEqual(['a', 'c', 'b', 'd'].map(key => [key, 'done']));
  });

  it('do not wait for what is no item: it is done already', async () => {
    const { work, begun } = noting();
    await schedule([item('b', 'elsewhere')], 1, work, never);
    expect(begun).toEqual([['b']]);
  });

  it('fail with what they build on, each once and with its cause; others are done', async () => {
    const { work, begun, ended } = noting(key => (key === 'b' ? failed('engine', 'x') : done));
    await schedule([...diamond, item('e', 'd'), item('f', 'c')], 1, work, never);
    expect(begun.flat()).toEqual(['a', 'b', 'c', 'f']);
    expect(ended.filter(([, state]) => state === 'failed')).toEqual([
      ['b', 'failed'],
      ['d', 'failed', 'b'],
      ['e', 'failed', 'b'],
    ]);
  });

  it('are left out with what they build on', async () => {
    const { work, ended } = noting(key => (key === 'b' ? { state: 'left-out' } : done));
    await schedule([...diamond, item('e', 'd')], 1, work, never);
    expect(ended).toEqual([
      ['a', 'done'],
      ['b', 'left-out'],
      ['d', 'left-out', 'b'],
      ['e', 'left-out', 'b'],
      ['c', 'done'],
    ]);
  });

  it('are neither begun nor ended when what they build on stays open', async () => {
    const { work, begun, ended } = noting(key => (key === 'a' ? { state: 'open' } : done));
    expect(await schedule([...diamond, item('z')], 1, work, never)).toBeUndefined();
    expect(begun).toEqual([['a'], ['z']]);
    expect(ended).toEqual([['z', 'done']]);
  });
});

describe('items that are done in one go', () => {
  it('are those that follow the first and build on nothing else that is open', async () => {
    const items = [
      item('train'),
      item('m1', 'train'),
      item('m2', 'train'),
      item('m3', 'train', 'other'),
      item('other'),
    ];
    const { work, begun } = noting();
    const followers: Work<Node>['followers'] = ({ key }) => (key === 'train' ? items.slice(1, 4) : []);
    await schedule(items, 1, { ...work, followers }, never);
    expect(begun).toEqual([['train', 'm1', 'm2'], ['other'], ['m3']]);
  });

  it('are begun again by themselves when they were not begun', async () => {
    const items = [item('train'), item('m1', 'train'), item('m2', 'train')];
    let crashes = 1;
    const { work, begun, ended } = noting(key => (key === 'm1' && crashes-- > 0 ? undefined : done));
    const followers: Work<Node>['followers'] = ({ key }) => (key === 'train' ? items.slice(1) : []);
    await schedule(items, 1, { ...work, followers }, never);
    expect(begun).toEqual([['train', 'm1', 'm2'], ['m1']]);
    expect(ended.map(([key]) => key).sort()).toEqual(['m1', 'm2', 'train']);
  });
});

describe('an item that another runner is at', () => {
  it('is tried again after a wait, while others go on', async () => {
    let tries = 0;
    let open = () => {};
    const waited = new Promise<void>(resolve => {
      open = resolve;
    });
    const { work, begun, ended } = noting(key => {
      if (key === 'b') open();
      return key === 'a' && ++tries === 1 ? { state: 'busy' } : done;
    });
    await schedule([item('a'), item('b'), item('c', 'a')], 1, { ...work, wait: () => waited }, never);
    expect(begun).toEqual([['a'], ['b'], ['a'], ['c']]);
    expect(ended.map(([key]) => key)).toEqual(['b', 'a', 'c']);
  });

  it('is not waited for once stopped', async () => {
    const stop = new AbortController();
    const { work, begun } = noting(() => ({ state: 'busy' }));
    const wait = async () => stop.abort();
    expect(await schedule([item('a')], 1, { ...work, wait }, stop.signal)).toBeUndefined();
    expect(begun).toEqual([['a']]);
  });
});
