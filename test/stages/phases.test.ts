import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { SelectionRecord } from '../../src/contract/result.ts';
import type { EvaluationStage } from '../../src/contract/stage.ts';
import { objectFolder } from '../../src/files/object.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { executeStage } from '../../src/stages/execute.ts';
import { evaluation } from '../../src/stages/kinds/evaluation.ts';
import type { Workshop } from '../../src/stages/workshop.ts';
import { readSafetensors } from '../../src/weights/safetensors.ts';
import { evaluationStage } from '../support/fake-stages.ts';
import { objectIn } from '../support/objects.ts';
import { execute, never, published, workshopFor } from '../support/whole-runs.ts';

const tiny = `
name: tiny
target: { network: resnet8, dataset: procedural, weights: embedded }
data: { train: 32, test: 64 }
predictor: { hidden: 10, embedding: { levels: 4 } }
sampler: { batch: 500 }
permutation: in-filter
iterations: 6
batch: 8
evaluate: [accuracy, reconstruction-error]
repeats: 3
select: { measure: reconstruction-error }
`;

/** A phase with a learning rate below what 32-bit floats can tell: it ends with what it began with. */
const still = `optimizer: { method: sgd, lr: 1.0e-30, momentum: 0, nesterov: false }, schedule: { method: constant }`;

const recordOf = async <Record>(store: string, key: string) => (await objectIn(store, key)).record as Record;

const predictorAt = (store: string, key: string) =>
  readFile(join(objectFolder(store, key), 'predictor.safetensors'));

describe('phases', () => {
  test('begin with the predictor of the best seed, whatever their own seed', async () => {
    const { store, plan, runs } = await execute(`${tiny}phases:
  - { name: reconstruct, losses: [reconstruction] }
  - { name: distill, losses: [kd], from: best-of-seeds, iterations: 2, ${still} }
`);
    const errors = plan.runs.map(async ({ rounds }) => {
      const [first] = rounds[0]!.phases;
      const { evaluations } = await recordOf<{
        evaluations: { metrics: { 'reconstruction-error': number } }[];
      }>(store, first!.key);
      return { key: first!.key, error: evaluations.at(-1)!.metrics['reconstruction-error'] };
    });
    const [best] = (await Promise.all(errors)).sort((a, b) => a.error - b.error);
    const predictor = await predictorAt(store, best!.key);
    for (const [i, run] of runs.entries()) {
      expect((await published(run, 'predictor.safetensors')).equals(predictor)).toBe(true);
      const own = await predictorAt(store, plan.runs[i]!.rounds[0]!.phases[0]!.key);
      expect(own.equals(predictor)).toBe(plan.runs[i]!.rounds[0]!.phases[0]!.key === best!.key);
      expect(run.result.metrics['reconstruction-error']!.value).toBe(best!.error);
      expect(run.result.phases.map(({ name, iterations }) => [name, iterations])).toEqual([
        ['reconstruct', 6],
        ['distill', 2],
      ]);
    }
    // Each distils with images of its own.
    expect(new Set(runs.map(({ result }) => result.phases[1]!.history[0]!.kd)).size).toBe(3);
  });

  test('begin with the predictor of their own seed otherwise', async () => {
    const { store, plan, runs } = await execute(`${tiny}phases:
  - { name: reconstruct, losses: [reconstruction] }
  - { name: hold, losses: [reconstruction], iterations: 2, ${still} }
`);
    for (const [i, run] of runs.entries()) {
      const own = await predictorAt(store, plan.runs[i]!.rounds[0]!.phases[0]!.key);
      expect((await published(run, 'predictor.safetensors')).equals(own)).toBe(true);
    }
  });

  test('begin with a file where they name one', async () => {
    const { runs } = await execute(`${tiny}phases: reconstruction\n`);
    const file = runs[0]!.files.get('predictor.safetensors')!;
    const begun = await execute(`${tiny}phases:
  - { name: hold, losses: [reconstruction], from: { file: ${file} }, ${still} }
`);
    const expected = await readFile(file);
    for (const run of begun.runs)
      expect((await published(run, 'predictor.safetensors')).equals(expected)).toBe(true);
  });
});

describe('progressive rounds', () => {
  test('represent the best network of the round before: its predicted kernels, all else the original', async () => {
    const { store, plan, runs } = await execute(
      `${tiny}phases: reconstruction\nprogressive: { rounds: 2, stopWhenNoGain: false }\n`,
    );
    const [first, second] = plan.runs[0]!.rounds;
    const selected = await recordOf<SelectionRecord>(store, first!.selection!);
    const stage = plan.stages.get(second!.phases[0]!.key)!;
    const made = stage.inputs.target!;
    const file = join(objectFolder(store, made), 'network.safetensors');
    const [weights, original] = await Promise.all(
      [file, 'assets/resnet8-procedural.safetensors'].map(async name =>
        readSafetensors(await readFile(name), name),
      ),
    );
    const bytes = ({ data }: Tensor) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const changed = [...original!].filter(
      ([name, tensor]) => !bytes(tensor).equals(bytes(weights!.get(name)!)),
    );
    expect(changed.length).toBeGreaterThan(5);
    expect(changed.filter(([, { shape }]) => shape.length !== 4)).toEqual([]);
    // As a target it is as accurate as the reconstruction that it is.
    const measured: EvaluationStage = {
      ...evaluationStage('of the network', 'x'),
      ...{ configuration: stage.configuration, inputs: { target: made } },
    };
    await executeStage(measured, workshopFor([measured], store), () => {}, never);
    const { value } = await recordOf<{ value: number }>(store, measured.key);
    const best = runs.find(({ result }) => result.seed === selected.seed)!.result;
    expect(value).toBe(best.rounds[0]!.metrics.accuracy!.value);
    expect(best.rounds).toHaveLength(2);
  });
});

test('a measure that is no number fails its stage', async () => {
  const workshop = {
    bench: async () => ({
      representation: { kernels: { rows: { data: new Float32Array(9) } } },
      evaluator: { measure: async () => ({ accuracy: Number.NaN }) },
    }),
  } as unknown as Workshop;
  const stage = { ...evaluationStage('a', 'b'), inputs: {} };
  await expect(evaluation(stage, workshop)).rejects.toMatchObject({
    kind: 'nan',
    message: 'Expected accuracy to be a finite number, got `NaN`',
  });
});
