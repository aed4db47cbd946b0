import { describe, expect, it } from 'vitest';
import type { RunFailureKind } from '../../src/run/events.ts';
import { type Outcome, schedule } from '../../src/run/scheduler.ts';

const never = new AbortController().signal;
const finished: Outcome<string> = { state: 'finished', result: '' };
const failed = (kind: RunFailureKind, message: string): Outcome<string> => ({
  state: 'failed',
  failure: { kind, message },
});

/** Runs the outcomes one after the other; tells which were started and why it stopped. */
async function play(outcomes: readonly Outcome<string>[]) {
  const started: number[] = [];
  const stopped = await schedule(
    outcomes.map((outcome, i) => ({ outcome, i })),
    1,
    async ({ outcome, i }) => {
      started.push(i);
      return outcome;
    },
    never,
  );
  return { started, stopped };
}

describe('schedule', () => {
  it('starts in order, never more than `jobs` at a time, and uses all of them', async () => {
    const started: number[] = [];
    let [now, most] = [0, 0];
    const execute = async (item: number) => {
      started.push(item);
      most = Math.max(most, ++now);
      await Promise.resolve();
      now--;
      return finished;
    };
    const items = Array.from({ length: 20 }, (_, i) => i);
    expect(await schedule(items, 3, execute, never)).toBeUndefined();
    expect(started).toEqual(items);
    expect(most).toBe(3);
  });

  it('goes on after failures that differ', async () => {
    const outcomes = [
      failed('engine', 'a'),
      failed('engine', 'b'),
      failed('data', 'b'),
      failed('engine', 'a'),
    ];
    expect(await play([...outcomes, finished])).toEqual({ started: [0, 1, 2, 3, 4], stopped: undefined });
  });

  it('goes on when a success lies between identical failures', async () => {
    const same = failed('engine', 'a');
    const { started, stopped } = await play([same, same, finished, same, same]);
    expect([started.length, stopped]).toEqual([5, undefined]);
  });

  it('starts no more after three identical failures in a row and says which', async () => {
    const same = failed('data', 'no images');
    const { started, stopped } = await play([finished, same, same, same, finished]);
    expect(started).toEqual([0, 1, 2, 3]);
    expect(stopped).toEqual({ kind: 'data', message: 'no images' });
  });

  it('does not stop for losses that are not numbers', async () => {
    const same = failed('nan', 'loss');
    expect((await play([same, same, same, same, finished])).started).toHaveLength(5);
  });

  it('starts no more once stopped, and waits for those at work', async () => {
    const stop = new AbortController();
    const ended: number[] = [];
    const execute = async (item: number) => {
      if (item === 1) stop.abort();
      await Promise.resolve();
      ended.push(item);
      return finished;
    };
    expect(await schedule([0, 1, 2, 3], 2, execute, stop.signal)).toBeUndefined();
    expect(ended).toEqual([0, 1]);
  });
});
