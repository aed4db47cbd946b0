import type { Tell } from '../../contract/job.ts';
import { distils } from '../../contract/needs.ts';
import type { PhaseRecord, StageProvenance } from '../../contract/result.ts';
import type { PhaseStage } from '../../contract/stage.ts';
import { workFolder } from '../../files/work-folder.ts';
import { batchesOrderOf } from '../../images/images.ts';
import { parameterCount } from '../../nern/predictor/predictor-shapes.ts';
import { initialParameters } from '../../target/initial.ts';
import { encodePredictorFile, predictorFile, readPredictor } from '../../target/predictor-file.ts';
import { loadTeacher } from '../../target/teacher.ts';
import { readGuide } from '../../training/guidance-file.ts';
import type { Guidance } from '../../training/train.ts';
import { readTrainingCheckpoint } from '../../training/training-checkpoint.ts';
import { trainAndMeasure } from '../training-run.ts';
import type { Workshop } from '../workshop.ts';
import { isMixed, refuseMixing } from './mixing.ts';
import type { Outcome } from './outcome.ts';

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
  const { name, key, configuration, training, seed, inputs, trackedOn } = stage;
  const { job } = workshop;
  const startedAt = new Date();
  const directory = workFolder(job.store, key);
  const saved = await readTrainingCheckpoint(directory, key);
  refuseMixing(workshop, saved);
  const bench = await workshop.bench(configuration, inputs);
  const { engine, representation } = bench;
  if (isMixed(workshop, saved))
    tell({ type: 'stage-mixed', stage: name, engines: [...saved!.engines, engine.name] });
  const images = distils(training) ? await batchesOrderOf(training, job.specFolder) : undefined;
  const begin = () =>
    inputs.predictor === undefined
      ? initialParameters(engine, representation, training, seed, job.specFolder)
      : readPredictor(workshop, inputs.predictor, representation.predictorShapes);
  const guidance = await guidanceOf(stage, workshop);
  const trained = await trainAndMeasure(
    { ...bench, guidance, images },
    { stage, directory, begin },
    saved,
    tell,
    stop,
  );
  const { name: engineName, versions, threads, device } = engine;
  const provenance: StageProvenance = {
    ...{ engine: engineName, engines: trained.engines, versions, threads, device },
    ...{ imagesAtOnce: trained.imagesAtOnce, seconds: trained.seconds },
    ...{ stepMilliseconds: trained.stepMilliseconds, startedAt: startedAt.toISOString() },
    ...{ node: process.version, platform: `${process.platform}-${process.arch}` },
  };
  const record: PhaseRecord = {
    seed,
    iterations: training.iterations,
    predictorParameters: parameterCount(representation.predictorShapes),
    learnableParameters: representation.kernels.parameters,
    history: trained.history,
    evaluations: trained.evaluations,
    ...(trained.skipped > 0 ? { skippedSteps: trained.skipped } : {}),
    evaluatedOn: trackedOn,
  };
  const file = encodePredictorFile(trained.parameters, representation.predictorShapes);
  return { record, provenance, files: new Map([[predictorFile, file]]) };
}

/** Where the logits are given there is nothing else to know of the teacher. */
async function guidanceOf({ training, inputs }: PhaseStage, { job, object }: Workshop): Promise<Guidance> {
  if (inputs.guidance !== undefined)
    return { teacher: undefined, given: readGuide(await object(inputs.guidance)) };
  const teacher = training.alpha > 0 ? await loadTeacher(training, job.specFolder) : undefined;
  return { teacher, given: undefined };
}
