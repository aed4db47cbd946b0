import { expect, test } from 'vitest';
import { take } from '../../src/training/loss-window.ts';

/** The iterations at which the losses of iterations 0, 1, ... are the lowest. */
function lowest(settings: { window: number; every: number }, losses: readonly number[]): number[] {
  let window: readonly number[] = [];
  return losses.flatMap((loss, iteration) => {
    const taken = take(settings, window, iteration, loss);
    window = taken.losses;
    return taken.isLowest ? [iteration] : [];
  });
}

test('a loss is the lowest of a full window only, equal ones too', () => {
  expect(lowest({ window: 3, every: 1 }, [5, 4, 3, 3, 4, 5, 4])).toEqual([2, 3, 6]);
});

test('losses between two intervals are not taken', () => {
  expect(lowest({ window: 2, every: 3 }, [5, 1, 1, 4, 1, 1, 6])).toEqual([3]);
});
