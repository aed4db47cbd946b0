import { expect, test } from 'vitest';
import { type OriginalSchedule, originalRate } from '../../src/optim/target-schedule.ts';

const rates = (schedule: OriginalSchedule, epochs: readonly number[], of: number) =>
  epochs.map(epoch => Number(originalRate(schedule, 0.1, epoch, of).toPrecision(6)));

test('steps go down after their epochs', () => {
  const schedule: OriginalSchedule = { method: 'steps', at: [100, 150], factor: 0.1, warmup: 0 };
  expect(rates(schedule, [0, 99.99, 100, 149, 150, 199], 200)).toEqual([0.1, 0.1, 0.01, 0.01, 0.001, 0.001]);
});

test('the cosine begins where the warm-up ends, and ends at its minimum', () => {
  const schedule: OriginalSchedule = { method: 'cosine', min: 0.02, warmup: 4 };
  expect(rates(schedule, [0, 1, 2, 4, 12, 20], 20)).toEqual([0, 0.025, 0.05, 0.1, 0.06, 0.02]);
});
