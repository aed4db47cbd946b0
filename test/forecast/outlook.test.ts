import { expect, it } from 'vitest';
import type { Stage } from '../../src/contract/stage.ts';
import { prospects } from '../../src/forecast/outlook.ts';
import { keyOf, openSound, phaseStage } from '../support/fake-stages.ts';
import { newFolder } from '../support/files.ts';

it('a stage is new, failed, or begun where it left something to go on with', async () => {
  const of = (name: string, file: string) => `work/${keyOf(name)}/${file}`;
  const folder = newFolder({
    [of('begun', 'checkpoint.json')]: '{}',
    [of('begun', 'log.txt')]: 'a warning',
    [of('failed', 'checkpoint.json')]: '{}',
    [of('failed', 'failure.json')]: '{ "kind": "engine", "message": "The GPU is lost" }',
    // Of a stage that was done, and whose object is gone.
    [of('printed', 'log.txt')]: 'a warning',
  });
  const stages = ['begun', 'failed', 'printed', 'untouched'].map(phaseStage);
  const plan = { runs: [], stages: new Map(stages.map(stage => [stage.key, stage as Stage])) };
  const prospectOf = await prospects(plan, await openSound(folder), undefined);
  expect(stages.map(prospectOf)).toEqual([
    { state: 'interrupted' },
    { state: 'failed', message: 'engine: The GPU is lost' },
    { state: 'new' },
    { state: 'new' },
  ]);
});
