import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { PhaseStage } from '../../src/contract/stage.ts';
import { assemble } from '../../src/execute/assemble.ts';
import { missingStages } from '../../src/execute/missing.ts';
import { objectFolder } from '../../src/files/object.ts';
import { reportedBy, runKey } from '../../src/plan/run.ts';
import { openSound, pretend } from '../support/fake-stages.ts';
import { newFolder } from '../support/files.ts';
import { planOf } from '../support/whole-runs.ts';

let store: string;
beforeEach(() => {
  store = newFolder();
});

const spec = `
name: x
target: { network: resnet8, dataset: procedural, weights: embedded }
permutation: in-filter
iterations: 20
repeats: 2
evaluate: [accuracy, reconstruction-error, layer-errors]
`;
const rounds = (settings: string) => `${spec}progressive: { rounds: 4${settings} }\n`;

/** The accuracy of a phase by its round, which its name tells; the second seed is a little better. */
const byRound =
  (...accuracies: number[]) =>
  ({ name, seed }: PhaseStage) =>
    accuracies[Number(/round-(\d)/.exec(name)![1]) - 1]! + seed;

async function assembledOf(text: string, accuracyOf: (stage: PhaseStage) => number) {
  const plan = await planOf(text);
  const done = await pretend(plan, store, accuracyOf);
  const opened = await openSound(store);
  const runs = await Promise.all(plan.runs.map(run => assemble(run, opened)));
  return { plan, done, runs: runs.map(run => run!), opened };
}

describe('a run put together', () => {
  it('has the metrics, phases and files of its stages', async () => {
    const { plan, runs } = await assembledOf(spec, ({ seed }) => 80 + seed);
    const [{ result, files }] = runs as [(typeof runs)[number]];
    const [run] = plan.runs;
    const key = run!.rounds[0]!.phases[0]!.key;
    expect(result).toMatchObject({
      schemaVersion: 2,
      key: runKey(run!),
      cell: run!.cell.id,
      seed: 0,
      configuration: run!.cell.configuration,
      predictorParameters: 500,
      learnableParameters: 2000,
      compressionRatio: 0.25,
      target: { accuracy: 90 },
      phases: [{ name: 'joint', key, seed: 0, iterations: 20 }],
      rounds: [],
      provenance: [{ seconds: 1 }],
    });
    expect(result.metrics).toEqual({
      accuracy: { unit: '%', value: 80 },
      'best-accuracy': { unit: '%', value: 82 },
      'reconstruction-error': { unit: '', value: 0.5 },
    });
    expect(result.permutation).toEqual({ bits: 1000, smoothness: { before: 20, after: 10 } });
    expect(Object.fromEntries(files)).toEqual({
      'permutation.bin': join(objectFolder(store, run!.rounds[0]!.permutation!), 'permutation.bin'),
      'predictor.safetensors': join(objectFolder(store, key), 'predictor.safetensors'),
      [join('measures', 'layer-errors.json')]: join(
        objectFolder(store, run!.rounds[0]!.evaluations['layer-errors']!),
        'layer-errors.json',
      ),
    });
  });

  it('is not there while a stage is missing', async () => {
    const { plan, opened } = await assembledOf(spec, () => 80);
    for (const key of reportedBy(plan.runs[0]!)) {
      rmSync(objectFolder(store, key), { recursive: true });
      expect(await assemble(plan.runs[0]!, await openSound(store))).toBeUndefined();
      await pretend(plan, store, () => 80);
    }
    expect(await assemble(plan.runs[0]!, opened)).toBeDefined();
  });

  it('tells what was measured at the end of earlier phases', async () => {
    const { runs } = await assembledOf(`${spec}phases: decoupled\n`, ({ training }) =>
      training.alpha > 0 ? 85 : 70,
    );
    expect(runs[0]!.result.metrics).toMatchObject({
      accuracy: { value: 85 },
      'best-accuracy': { value: 87 },
      'accuracy.reconstruct': { unit: '%', value: 70 },
    });
    expect(runs[0]!.result.phases.map(({ name }) => name)).toEqual(['reconstruct', 'distill']);
    expect(runs[0]!.result.provenance).toHaveLength(2);
  });

  it.each([
    ['gains to the end', [91, 92, 93, 94], 4, 94],
    ['gains nothing in the third', [91, 92, 92, 99], 3, 92],
    ['gains nothing at all', [50, 99, 99, 99], 1, 50],
  ])('with rounds of which one %s', async (_, accuracies, done, value) => {
    const { runs } = await assembledOf(rounds(''), byRound(...accuracies));
    const { result, files } = runs[0]!;
    expect(result.rounds.map(({ metrics }) => metrics.accuracy!.value)).toEqual(accuracies.slice(0, done));
    expect(result.rounds.every(({ best }) => best === 1)).toBe(true);
    expect(result.metrics.accuracy!.value).toBe(value);
    expect(result.metrics.rounds).toEqual({ unit: '', value: done });
    expect(result.phases.map(({ name }) => name)).toEqual(
      Array.from({ length: done }, (_, i) => `round-${i + 1} joint`),
    );
    const final = result.phases[accuracies.indexOf(value)]!;
    expect(files.get('predictor.safetensors')).toContain(final.key);
  });

  it('has the result of the last round where there is no stop rule', async () => {
    const { runs } = await assembledOf(rounds(', stopWhenNoGain: false'), byRound(91, 60, 93, 40));
    const { metrics, rounds: told } = runs[0]!.result;
    expect(told.map(({ gain }) => gain)).toEqual([true, false, true, false]);
    expect([metrics.accuracy!.value, metrics.rounds!.value]).toEqual([40, 4]);
  });
});

describe('missing stages', () => {
  it('are those that the runs report and what these build on, each after what it needs', async () => {
    const plan = await planOf(`${spec}phases: decoupled\n`);
    const missing = await missingStages(plan, plan.runs, await openSound(store));
    expect(new Set(missing.map(({ key }) => key))).toEqual(new Set(plan.stages.keys()));
    const ofOne = await missingStages(plan, plan.runs.slice(0, 1), await openSound(store));
    // Both seeds' reconstructions, with what tells the better one, but one distillation.
    expect(ofOne.filter(({ kind }) => kind === 'phase')).toHaveLength(3);
  });

  it('are none where all is done, and leave out what only something that is done builds on', async () => {
    const { plan } = await assembledOf(spec, () => 80);
    const missingNow = async () => missingStages(plan, plan.runs, await openSound(store));
    expect(await missingNow()).toEqual([]);
    const permutation = [...plan.stages.values()].find(({ kind }) => kind === 'permutation')!;
    rmSync(objectFolder(store, permutation.key), { recursive: true });
    expect(await missingNow()).toEqual([]);
    const { key } = plan.runs[1]!.rounds[0]!.phases[0]!;
    rmSync(objectFolder(store, key), { recursive: true });
    expect((await missingNow()).map(({ kind }) => kind)).toEqual(['permutation', 'phase']);
  });

  it('are none of the rounds that the stop rule leaves out', async () => {
    const { plan, done } = await assembledOf(rounds(''), byRound(91, 60, 99, 99));
    expect(done.filter(({ kind }) => kind === 'phase')).toHaveLength(4);
    expect(await missingStages(plan, plan.runs, await openSound(store))).toEqual([]);
  });
});
