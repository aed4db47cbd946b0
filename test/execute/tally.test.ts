import { describe, expect, it } from 'vitest';
import { createTally } from '../../src/execute/tally.ts';
import type { PlannedRun } from '../../src/plan/run.ts';
import { evaluationStage, keyOf, phaseStage } from '../support/fake-stages.ts';

const [shared, first, second, measured] = [
  phaseStage('shared'),
  phaseStage('first'),
  phaseStage('second'),
  evaluationStage('measured', 'first'),
];

/** A run that reports these stages. */
const runOf = (name: string, ...stages: string[]) =>
  ({
    run: name,
    rounds: [{ phases: stages.map(stage => ({ name: stage, key: keyOf(stage) })), evaluations: {} }],
    original: {},
  }) as unknown as PlannedRun;

const runs = [runOf('one', 'first', 'measured'), runOf('two', 'second'), runOf('three', 'first')];
const noting = () => {
  const finished: string[] = [];
  return { finished, finish: async ({ run }: PlannedRun) => void finished.push(run) };
};

describe('a tally', () => {
  it('finishes each run once, when the last that it reports is there', async () => {
    const { finished, finish } = noting();
    const tally = createTally(runs, [shared, first, second, measured], finish);
    tally.settle(shared);
    tally.settle(first);
    expect(finished).toEqual(['three']);
    tally.settle(measured);
    tally.settle(second);
    await tally.finished();
    expect([finished, tally.failures.size]).toEqual([['three', 'one', 'two'], 0]);
  });

  it('finishes at once what lacks nothing', async () => {
    const { finished, finish } = noting();
    await createTally(runs, [second], finish).finished();
    expect(finished).toEqual(['one', 'three']);
  });

  it('blames a run that reports the stage with its failure, one that builds on it with its cause', () => {
    const { finished, finish } = noting();
    const tally = createTally(runs, [shared, first, second, measured], finish);
    tally.fail(shared, { kind: 'engine', message: 'x' }, undefined);
    tally.fail(second, { kind: 'engine', message: 'x' }, shared);
    tally.fail(first, { kind: 'nan', message: 'y' }, undefined);
    tally.fail(measured, { kind: 'nan', message: 'y' }, first);
    expect(Object.fromEntries(tally.failures)).toEqual({
      one: { kind: 'nan', message: 'y' },
      two: { kind: 'engine', message: 'It needs `phase shared`, which failed: x' },
      three: { kind: 'nan', message: 'y' },
    });
    expect(finished).toEqual([]);
  });

  it('throws what finishing a run threw', async () => {
    const tally = createTally(runs, [second], async () => {
      throw new Error('the disk is full');
    });
    await expect(tally.finished()).rejects.toThrow('the disk is full');
  });
});
