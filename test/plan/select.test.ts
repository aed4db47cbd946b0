import { describe, expect, it } from 'vitest';
import type { PlannedRun } from '../../src/plan/run.ts';
import { selectorOf } from '../../src/plan/select.ts';

const run = { run: 'hidden-140_lr-1.5-0a1b/seed-3' } as PlannedRun;

describe('selectorOf', () => {
  it.each([
    [undefined, true],
    ['140', true],
    ['seed-3', true],
    ['1x5', false],
    ['hidden-*/seed-3', true],
    ['*seed-?', true],
    ['hidden-*', true],
    ['*140', false],
    ['hidden-140_lr-1?5*', true],
    ['hidden-140_lr-1.5*', true],
    ['hidden-140_lr.1.5*', false],
    ['[h]*', false],
  ])('%s', (pattern, isMeant) => {
    expect(selectorOf(pattern)(run)).toBe(isMeant);
  });
});
