import { hashOf } from '../canonical-json.ts';
import type { Job } from '../contract/job.ts';
import type { Split } from '../contract/needs.ts';
import type { Placed } from '../contract/placed.ts';
import type { Subject } from '../contract/stage.ts';
import { createEvaluator, type Evaluator } from '../evaluation/evaluate.ts';
import { outOfDistribution } from '../evaluation/ood.ts';
import { Failure } from '../failure.ts';
import { objectFolder, readObject, type StoredObject } from '../files/object.ts';
import type { Engine } from '../graph/program.ts';
import { type Sample, sampleOf } from '../images/sample.ts';
import { once } from '../once.ts';
import { permutationOf } from '../spec/permutation.ts';
import { readPermutation } from '../target/permutation-file.ts';
import { createPredict, type Predict } from '../target/predict.ts';
import { type Representation, represent } from '../target/represent.ts';
import { loadTarget, type Target } from '../target/target.ts';

/** A target, how a predictor sees it, and how reconstructions of it are measured. */
export interface Bench {
  readonly engine: Engine;
  readonly target: Target;
  readonly representation: Representation;
  readonly predict: Predict;
  readonly evaluator: Evaluator;
}

/** What the stages of a job work with. What several of them need is made, read and compiled once. */
export interface Workshop {
  readonly job: Job;
  engine(): Promise<Engine>;
  /** The target of a stage, as its network stands in the store or in the file of the configuration. */
  target(configuration: Placed, subject: Subject): Promise<Target>;
  bench(configuration: Placed, subject: Subject): Promise<Bench>;
  images(configuration: Placed, split: Split): Promise<Sample>;
  /** Throws a Failure of kind 'environment' when the object is not there or damaged. */
  object(key: string): Promise<StoredObject & { folder: string }>;
}

export function openWorkshop(job: Job, openEngine: () => Promise<Engine>): Workshop {
  const engine = once(openEngine);
  const memo = new Map<string, Promise<unknown>>();
  const remembered = <Thing>(name: string, about: object, make: () => Promise<Thing>): Promise<Thing> => {
    const key = `${name} ${hashOf(about)}`;
    const made = (memo.get(key) as Promise<Thing> | undefined) ?? make();
    memo.set(key, made);
    return made;
  };

  const object: Workshop['object'] = key =>
    remembered('object', { key }, async () => {
      const folder = objectFolder(job.store, key);
      const read = await readObject(folder, key);
      if (read.state === 'complete') return { ...read.object, folder };
      const reason = read.state === 'absent' ? 'nothing' : `a damaged one: ${read.reason}`;
      throw new Failure(
        'environment',
        `Expected an object in ${folder}, got ${reason}`,
        'The same command again recomputes it.',
      );
    });

  const images: Workshop['images'] = (configuration, split) => {
    const { target, data } = configuration;
    return remembered(split, { dataset: target.dataset, data }, () => sampleOf(configuration, split));
  };

  const target: Workshop['target'] = (configuration, { target: network }) =>
    remembered('target', { target: configuration.target, network }, async () =>
      loadTarget(configuration, network && (await object(network)).folder),
    );

  const bench: Workshop['bench'] = (configuration, subject) => {
    const { target: of, predictor, data, attack, ood, evaluate } = configuration;
    return remembered('bench', { of, predictor, data, attack, ood, evaluate, subject }, async () => {
      const { permutation } = subject;
      const [engineNow, targetNow] = [await engine(), await target(configuration, subject)];
      const paths =
        permutation === undefined
          ? undefined
          : await readPermutation(
              (await object(permutation)).folder,
              permutationOf(configuration).mode,
              targetNow,
            );
      const representation = represent(targetNow, configuration, paths);
      const predict = createPredict(engineNow, representation);
      const { kernels } = representation;
      const evaluator = createEvaluator(
        engineNow,
        targetNow,
        kernels,
        configuration,
        split => images(configuration, split),
        rows => outOfDistribution(engineNow, targetNow, kernels, rows, configuration),
      );
      return { engine: engineNow, target: targetNow, representation, predict, evaluator };
    });
  };

  return { job, engine, target, bench, images, object };
}
