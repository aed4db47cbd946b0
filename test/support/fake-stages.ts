import { createHash } from 'node:crypto';
import type { Job } from '../../src/contract/job.ts';
import type { Placed } from '../../src/contract/placed.ts';
import { dependencies, type EvaluationStage, type PhaseStage, type Stage } from '../../src/contract/stage.ts';
import { isLeftOut, missingStages } from '../../src/execute/missing.ts';
import { objectFolder, writeObject } from '../../src/files/object.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { selection } from '../../src/stages/kinds/selection.ts';
import type { Workshop } from '../../src/stages/workshop.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { objectIn } from './objects.ts';

/** A key as stages have it. */
export const keyOf = (name: string) => createHash('sha256').update(name).digest('hex');

const configuration = { iterations: 3, predictor: { hidden: 8 } } as Placed;

/** A phase of seed 1 that a stand-in of test/execute/fixtures/workers can do. */
export const phaseStage = (name: string): PhaseStage => ({
  ...{ kind: 'phase', key: keyOf(name), name: `phase ${name}`, seed: 1, inputs: {} },
  ...{ configuration, training: configuration, track: [], trackedOn: 'images' },
});

export const evaluationStage = (name: string, predictor: string): EvaluationStage => ({
  ...{ kind: 'evaluation', key: keyOf(name), name: `evaluation ${name}`, measure: 'accuracy', split: 'test' },
  ...{ configuration, inputs: { predictor: keyOf(predictor) } },
});

export const jobOf = (stages: readonly Stage[], store: string): Job => ({
  ...{ stages, store, mayMixEngines: false },
  engine: { name: 'onnx:cpu', threads: 1, device: 0 },
});

/** A store in which nothing may be found damaged. */
export const openSound = (folder: string): Promise<Store> =>
  openStore(folder, (file, reason) => {
    throw new Error(`${file} was set aside: ${reason}`);
  });

/**
 * Leaves objects of all that the plan's runs lack, as workers would, but with made-up numbers: the accuracy of each
 * phase is what `accuracyOf` says, that of the target 90. Returns the stages in the order in which they were done.
 */
export async function pretend(
  plan: Plan,
  folder: string,
  accuracyOf: (stage: PhaseStage) => number,
): Promise<Stage[]> {
  const store = await openSound(folder);
  const done: Stage[] = [];
  for (const stage of await missingStages(plan, plan.runs, store)) {
    const now = await openSound(folder);
    // Left out, or built on what was.
    if ((await isLeftOut(stage, now)) || !dependencies(stage).every(key => now.lists(key))) continue;
    const { record, files } = await outcomeOf(stage, folder, accuracyOf);
    const { kind, key } = stage;
    const provenance = { engine: `that of ${key.slice(0, 4)}`, seconds: 1 };
    await writeObject(objectFolder(folder, key), { kind, key, record, provenance, files });
    done.push(stage);
  }
  return done;
}

async function outcomeOf(
  stage: Stage,
  folder: string,
  accuracyOf: (stage: PhaseStage) => number,
): Promise<{ record: object; files: Map<string, string> }> {
  const object = (key: string) => objectIn(folder, key);
  switch (stage.kind) {
    case 'permutation':
      return {
        record: { bits: 1000, smoothness: { before: 20, after: 10 } },
        files: new Map([['permutation.bin', '']]),
      };
    case 'guidance':
      return { record: {}, files: new Map([['logits-00000.f32', '']]) };
    case 'original': {
      const record = { seed: stage.seed, iterations: 1, learnableParameters: 1, history: [], smoothness: {} };
      return { record, files: new Map([['network.safetensors', 'a trained network']]) };
    }
    case 'network':
      return { record: {}, files: new Map([['network.safetensors', 'a network']]) };
    case 'selection': {
      const { record } = await selection(stage, { object } as Workshop);
      return { record, files: new Map() };
    }
    case 'phase': {
      const [accuracy, { iterations }] = [accuracyOf(stage), stage.training];
      const evaluations = [
        { iteration: 1, metrics: { accuracy: accuracy + 2 } },
        { iteration: iterations, metrics: { accuracy } },
      ];
      const sizes = { predictorParameters: 500, learnableParameters: 2000 };
      const { seed, trackedOn } = stage;
      return {
        record: { seed, iterations, ...sizes, history: [], evaluations, evaluatedOn: trackedOn },
        files: new Map([['predictor.safetensors', `predictor ${stage.name}`]]),
      };
    }
    case 'evaluation': {
      const { measure, inputs } = stage;
      if (measure === 'reconstruction-error')
        return { record: { measure, unit: '', value: 0.5 }, files: new Map() };
      if (measure !== 'accuracy') return { record: { measure }, files: new Map([[`${measure}.json`, '{}']]) };
      const value =
        inputs.predictor === undefined
          ? 90
          : (
              (await object(inputs.predictor)).record as { evaluations: { metrics: { accuracy: number } }[] }
            ).evaluations.at(-1)!.metrics.accuracy;
      return { record: { measure, unit: '%', value }, files: new Map() };
    }
  }
}
