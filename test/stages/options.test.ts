import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { StageEvent } from '../../src/contract/job.ts';
import type { RunResult } from '../../src/contract/result.ts';
import { openEngine } from '../../src/engine/open.ts';
import type { Engine } from '../../src/graph/program.ts';
import { reachable } from '../../src/graph/value.ts';
import { momentsOf } from '../../src/nern/predictor/initialise.ts';
import { planSweep } from '../../src/plan/plan.ts';
import { parseSpec } from '../../src/spec/sweep.ts';
import { executeStage } from '../../src/stages/execute.ts';
import { represent } from '../../src/target/represent.ts';
import { loadTarget } from '../../src/target/target.ts';
import { readSafetensors, writeSafetensors } from '../../src/weights/safetensors.ts';
import { newFolder } from '../support/files.ts';
import { assumedOf, placedIn } from '../support/inputs.ts';
import {
  type Conditions,
  determined,
  execute,
  never,
  onlyResult,
  phasesIn,
  workshopFor,
} from '../support/whole-runs.ts';

const tiny = {
  name: 'tiny',
  target: { network: 'resnet8', dataset: 'procedural', weights: 'embedded' },
  data: { train: 32, test: 32 },
  predictor: { hidden: 10, embedding: { levels: 4 } },
  sampler: { batch: 500 },
  alpha: 0.1,
  beta: 0.01,
  iterations: 4,
  warmup: 2,
  batch: 4,
  evaluateEvery: 4,
  evaluate: ['reconstruction-error'],
  seeds: [3],
};

const specOf = (changes: Record<string, unknown>) => stringify({ ...tiny, ...changes });
const run = async (changes: Record<string, unknown>, conditions: Conditions = {}) =>
  onlyResult(await execute(specOf(changes), conditions));

describe('samplers that walk', () => {
  test.each(['uniform-without-replacement', 'sequential-layer', 'random-layer'])(
    '%s goes on where it was stopped',
    async method => {
      const batch = method === 'uniform-without-replacement' ? { batch: 3000 } : {};
      const changes = { sampler: { method, ...batch }, iterations: 8, warmup: 8, evaluateEvery: 8 };
      const expected = determined(await run(changes));
      const store = newFolder();
      const stop = new AbortController();
      const stopAt = (event: StageEvent) => {
        if (event.type === 'stage-progress' && event.iteration === 4) stop.abort();
      };
      const stopped = run(changes, { store, tell: stopAt, stop: stop.signal });
      await expect(stopped).rejects.toMatchObject({ kind: 'signal' });
      expect(determined(await run(changes, { store }))).toEqual(expected);
    },
  );
});

test('layers with equally many kernels share a program', async () => {
  const engine = await openEngine({ name: 'onnx:cpu', threads: 1, device: 0 });
  const compiled: string[] = [];
  const noting: Engine = {
    ...engine,
    compile: program => {
      const { sample } = Object.fromEntries(
        reachable(Object.values(program.outputs)).flatMap(({ operation, shape }) =>
          operation.kind === 'input' ? [[operation.name, shape[0]]] : [],
        ),
      );
      if (sample) compiled.push(`${program.name} ${sample}`);
      return engine.compile(program);
    },
  };
  const result = await run(
    { sampler: { method: 'sequential-layer' }, iterations: 18, warmup: 9 },
    { engine: noting },
  );
  const { configuration } = result;
  const { kernels } = represent(await loadTarget(await placedIn('.', configuration)), configuration);
  const sizes = new Set(kernels.layers.map(layer => layer.kernels));
  expect(kernels.layers.length).toBeGreaterThan(sizes.size);
  expect(kernels.layers.length).toBeLessThanOrEqual(9);
  expect(compiled.sort()).toEqual(
    [...sizes].flatMap(size => [`distillation-step ${size}`, `reconstruction-step ${size}`]).sort(),
  );
});

describe('the initialisation', () => {
  const still = { iterations: 1, warmup: 1, evaluateEvery: 1 };
  /** The loss of the first step is that of the predictor as it begins. */
  const first = (result: RunResult) => result.phases[0]!.history[0]!.reconstruction;

  test('from a checkpoint begins where that run ended', async () => {
    const training = { iterations: 30, warmup: 30, evaluateEvery: 30, sampler: { method: 'all' } };
    const whole = await execute(specOf(training));
    const trained = onlyResult(whole);
    const init = { method: 'checkpoint', file: whole.runs[0]!.files.get('predictor.safetensors')! };
    const predictor = { ...tiny.predictor, init };
    const begun = await run({ ...still, sampler: { method: 'all' }, predictor });
    expect(first(begun)).toBeCloseTo(trained.metrics['reconstruction-error']!.value, 6);
    const fresh = await run({ ...still, sampler: { method: 'all' } });
    expect(first(fresh)).not.toBeCloseTo(first(begun), 3);

    const tensors = readSafetensors(await readFile(init.file), init.file);
    const renamed = new Map(
      [...tensors].map(([name, tensor]) => [name.replace('layers.4', 'final_linear_layer'), tensor]),
    );
    const theirs = { ...init, file: join(whole.store, 'theirs.safetensors') };
    await writeFile(theirs.file, writeSafetensors(renamed));
    const same = await run({
      ...still,
      sampler: { method: 'all' },
      predictor: { ...predictor, init: theirs },
    });
    expect(same.phases[0]!.history).toEqual(begun.phases[0]!.history);

    // Files are checked before anything runs; a stage that finds them changed meanwhile says the same.
    const directly = async (changed: object) => {
      const parsed = parseSpec(specOf({ ...still, predictor: changed }), 'spec.yaml');
      if (!parsed.ok) throw new Error(parsed.diagnostics[0]!.message);
      const [phase] = phasesIn(planSweep(parsed.sweep, assumedOf(parsed.sweep, {})));
      return executeStage(phase!, workshopFor([phase!], newFolder()), () => {}, never);
    };
    await expect(directly({ ...predictor, hidden: 11 })).rejects.toMatchObject({
      kind: 'checkpoint',
      message: `Expected \`layers.0.weight\` of ${init.file} to be of shape [11, 24], got [10, 24]`,
    });
    await expect(directly({ ...predictor, layers: 6 })).rejects.toMatchObject({
      message: expect.stringMatching(
        /^Expected `layers.4.weight` of .* to be of shape \[10, 10\], got \[9, 10\]$/,
      ),
    });
    const missing = { ...predictor, init: { ...init, file: 'none.safetensors' } };
    await expect(directly(missing)).rejects.toMatchObject({
      kind: 'checkpoint',
      message: expect.stringMatching(/^Expected `predictor.init.file` to be a file, found none at /),
    });
  });

  test('matched to the weights is about as wrong as weights drawn like them', async () => {
    const result = await run({
      ...still,
      sampler: { method: 'all' },
      predictor: { ...tiny.predictor, init: { method: 'matched' } },
    });
    const { configuration } = result;
    const { kernels } = represent(await loadTarget(await placedIn('.', configuration)), configuration);
    const { deviation } = momentsOf(kernels.rows.data, kernels.mask?.data);
    // Two independent variables of one variance differ by sqrt(2) of the deviation.
    const ratio = first(result) / deviation;
    expect(ratio).toBeGreaterThan(1.3);
    expect(ratio).toBeLessThan(1.5);
  });
});
