import type { Tell } from '../../contract/job.ts';
import { distils } from '../../contract/needs.ts';
import type { PhaseRecord } from '../../contract/result.ts';
import type { PhaseStage } from '../../contract/stage.ts';
import { workFolder } from '../../files/work-folder.ts';
import { batchesOrderOf } from '../../images/images.ts';
import { parameterCount } from '../../nern/predictor/predictor-shapes.ts';
import { initialParameters } from '../../target/initial.ts';
import { encodePredictorFile, predictorFile, readPredictor } from '../../target/predictor-file.ts';
import { loadTeacher } from '../../target/teacher.ts';
import { readGuide } from '../../training/guidance-file.ts';
import { runToEnd, type Saved, type Step } from '../../training/resumable.ts';
import {
  type Guidance,
  type Iteration,
  startOfTraining,
  type TrainingState,
  train,
} from '../../training/train.ts';
import { readTrainingCheckpoint, writeTrainingCheckpoint } from '../../training/training-checkpoint.ts';
import { type Measured, measureOnTheWay } from '../on-the-way.ts';
import { provenanceOf } from '../provenance.ts';
import type { Workshop } from '../workshop.ts';
import { engineFor } from './go-on.ts';
import type { Outcome } from './outcome.ts';

/** Where a phase stands. */
interface PhaseState extends TrainingState, Measured {
  /** How many images went through the networks together: as many bring the same bytes. */
  readonly imagesAtOnce: number;
}

type Point = PhaseRecord['history'][number];

interface PhaseStep extends Step<PhaseState, Point> {
  readonly done: Iteration;
}

/**
 * Trains a predictor to the last iteration, from the checkpoint in the stage's working folder when there is one, on
 * another engine only if the job allows it. When `stop` is aborted it saves a checkpoint and throws a Failure of kind
 * 'signal'.
 */
export async function phase(
  stage: PhaseStage,
  workshop: Workshop,
  tell: Tell,
  stop: AbortSignal,
): Promise<Outcome & { record: PhaseRecord }> {
  const { name, key, configuration, training, seed, inputs, trackedOn, track } = stage;
  const { job } = workshop;
  const startedAt = new Date();
  const folder = workFolder(job.store, key);
  const saved = await readTrainingCheckpoint<Saved<PhaseState, Point>>(folder, key);
  const engine = await engineFor(name, saved, workshop, tell);
  const bench = await workshop.bench(configuration, inputs);
  const { representation, predict, evaluator } = bench;
  const images = distils(training) ? await batchesOrderOf(training) : undefined;
  const guidance = await guidanceOf(stage, workshop);
  // On the same engine as before, a run goes on to the same bytes.
  const isSame = saved?.engines.at(-1) === engine.name;
  const imagesAtOnce = isSame ? saved!.imagesAtOnce : engine.imagesAtOnce;
  const onTheWay = measureOnTheWay(stage, saved, async parameters =>
    evaluator.measure(await predict(parameters), track),
  );
  const begin = () =>
    inputs.predictor === undefined
      ? initialParameters(engine, representation, training, seed)
      : readPredictor(workshop, inputs.predictor, representation.predictorShapes);
  const start: PhaseState = saved ?? {
    ...startOfTraining(training, await begin(), seed),
    ...{ ...onTheWay.state(), imagesAtOnce },
  };

  async function* steps(): AsyncGenerator<PhaseStep> {
    const workpiece = { ...bench, guidance, configuration: training, images };
    for await (const done of train(workpiece, start, imagesAtOnce)) {
      const { iteration, losses, learningRate, imagesAtOnce } = done;
      const point = { iteration, ...losses, learningRate };
      const state = () => ({ ...done.state(), ...onTheWay.state(), imagesAtOnce });
      yield { iteration, loss: losses.loss, point, state, done };
    }
  }
  let { parameters: before, imagesAtOnce: together } = { ...start, imagesAtOnce };
  const observe = async ({ done }: PhaseStep) => {
    if (done.imagesAtOnce < together)
      tell({ type: 'stage-sliced', stage: name, imagesAtOnce: done.imagesAtOnce });
    together = done.imagesAtOnce;
    const { parameters } = done.state();
    for (const one of await onTheWay.look(done, before, parameters))
      tell({ type: 'stage-evaluated', stage: name, ...one });
    before = parameters;
  };
  const save = (state: Saved<PhaseState, Point>) => writeTrainingCheckpoint(folder, key, state);
  const { iterations } = training;
  const order = { name, engine: engine.name, iterations, start, saved, steps: steps(), observe, save };
  const trained = await runToEnd(order, tell, stop);

  const record: PhaseRecord = {
    seed,
    iterations,
    predictorParameters: parameterCount(representation.predictorShapes),
    learnableParameters: representation.kernels.parameters,
    history: [...trained.history],
    evaluations: trained.evaluations,
    ...(trained.skipped > 0 ? { skippedSteps: trained.skipped } : {}),
    evaluatedOn: trackedOn,
  };
  const file = encodePredictorFile(trained.parameters, representation.predictorShapes);
  return {
    record,
    provenance: provenanceOf(engine, trained, together, startedAt),
    files: new Map([[predictorFile, file]]),
  };
}

/** Where the logits are given there is nothing else to know of the teacher. */
async function guidanceOf({ training, inputs }: PhaseStage, { object }: Workshop): Promise<Guidance> {
  if (inputs.guidance !== undefined)
    return { teacher: undefined, given: readGuide(await object(inputs.guidance)) };
  const teacher = training.alpha > 0 ? await loadTeacher(training) : undefined;
  return { teacher, given: undefined };
}
