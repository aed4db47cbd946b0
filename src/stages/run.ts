import { openEngine } from '../engine/open.ts';
import type { EngineOrder } from '../engine/order.ts';
import { Failure } from '../failure.ts';
import type { Engine } from '../graph/program.ts';
import { parameterCount } from '../nern/predictor-shapes.ts';
import type { Configuration } from '../spec/configuration.ts';
import { isAnalysis, writeAnalyses } from './analyses/write.ts';
import { createEvaluator, type Measure, measures } from './evaluate.ts';
import { batchesOrderOf, distils, imagesRead } from './images.ts';
import type { Job, StageEvent } from './job.ts';
import { createPredict } from './predict.ts';
import { writePredictor } from './predictor-file.ts';
import { type Representation, represent } from './represent.ts';
import type { RunResult } from './result.ts';
import { sampleOf } from './sample.ts';
import { loadTarget } from './target.ts';
import { loadTeacher } from './teacher.ts';
import { readTrainingCheckpoint, type TrainingState } from './training-checkpoint.ts';
import { type Trained, trainAndMeasure, type Work } from './training-run.ts';

/**
 * One run from beginning to end: reads the target and the data, trains the predictor, measures the reconstructed
 * network on the way and at the end. Goes on from the checkpoint in the run's folder when there is one, on another
 * engine only if the job allows it. When `stop` is aborted it saves a checkpoint and throws a Failure of kind 'signal'.
 * Whoever gives `open` gives back the engine.
 */
export async function executeRun(
  job: Job,
  emit: (event: StageEvent) => void,
  stop: AbortSignal,
  open: (order: EngineOrder) => Promise<Engine> = openEngine,
): Promise<RunResult> {
  const startedAt = new Date();
  const saved = await readTrainingCheckpoint(job.directory, job.key);
  refuseMixing(job, saved);
  const engine = await open(job.engine);
  const work = await prepare(engine, job);
  const { run, configuration } = job;
  emit({ type: 'run-started', run, iterations: configuration.iterations });
  if (isMixed(job, saved)) emit({ type: 'run-mixed', run, engines: [...saved!.engines, engine.name] });
  const trained = await trainAndMeasure(work, job, saved, emit, stop);
  await writePredictor(job.directory, trained.parameters, work.representation.predictorShapes);
  await writeAnalyses(job, configuration.evaluate.filter(isAnalysis), {
    ...work,
    parameters: trained.parameters,
  });
  return resultOf(job, work, trained, startedAt);
}

const isMixed = ({ engine }: Job, saved: TrainingState | undefined) =>
  saved !== undefined && saved.engines.at(-1) !== engine.name;

/** Engines round differently: a result of two is one that no single command gives again. */
function refuseMixing(job: Job, saved: TrainingState | undefined): void {
  if (job.mayMixEngines || !isMixed(job, saved)) return;
  const [begun, name] = [saved!.engines.at(-1), job.engine.name];
  throw new Failure(
    'environment',
    `Expected to go on with \`${begun}\`, which has done ${saved!.iteration} iterations of this run, got \`${name}\``,
    `With \`--device ${name}\` it goes on there, and the result names both; \`--device ${begun}\` keeps to one.`,
  );
}

async function prepare(engine: Engine, { configuration, specFolder }: Job): Promise<Work> {
  const target = await loadTarget(configuration, specFolder);
  const teacher = await loadTeacher(configuration, specFolder);
  const representation = represent(target, configuration);
  const predict = createPredict(engine, representation);
  const test = imagesRead(configuration).test ? await sampleOf(configuration, specFolder, 'test') : undefined;
  const evaluator = createEvaluator(engine, target, representation.kernels, predict, configuration, test);
  const images = distils(configuration) ? await batchesOrderOf(configuration, specFolder) : undefined;
  return { engine, target, teacher, representation, predict, evaluator, images };
}

function resultOf(
  { key, cell, seed, configuration }: Job,
  { engine, representation }: Work,
  {
    history,
    evaluations,
    conclusion,
    original,
    engines,
    imagesAtOnce,
    seconds,
    stepMilliseconds,
    skipped,
  }: Trained,
  startedAt: Date,
): RunResult {
  const { name, versions, threads, device } = engine;
  return {
    schemaVersion: 1,
    key,
    cell,
    seed,
    metrics: finalMetrics(configuration, evaluations, conclusion),
    ...compressionOf(representation),
    target: original,
    history,
    evaluations,
    ...(skipped > 0 ? { skippedSteps: skipped } : {}),
    provenance: {
      ...{ engine: name, engines, versions, threads, device, imagesAtOnce },
      ...{ seconds, stepMilliseconds, startedAt: startedAt.toISOString() },
      ...{ node: process.version, platform: `${process.platform}-${process.arch}` },
    },
  };
}

/** Each measure after the last iteration, and the best accuracy of all evaluations (the papers' test-set selection). */
function finalMetrics(
  configuration: Configuration,
  evaluations: RunResult['evaluations'],
  conclusion: Trained['conclusion'],
): RunResult['metrics'] {
  const metrics: RunResult['metrics'] = {};
  for (const [name, value] of Object.entries({ ...evaluations.at(-1)!.metrics, ...conclusion })) {
    const { unit, settings } = measures[name as Measure];
    metrics[name] = { unit, value, ...(settings && { settings: settings(configuration) }) };
    if (name !== 'accuracy') continue;
    const best = Math.max(...evaluations.map(({ metrics }) => metrics.accuracy!));
    metrics['best-accuracy'] = { unit, value: best };
  }
  return metrics;
}

function compressionOf({ kernels, predictorShapes }: Representation) {
  const [predictorParameters, learnableParameters] = [parameterCount(predictorShapes), kernels.parameters];
  return {
    predictorParameters,
    learnableParameters,
    compressionRatio: predictorParameters / learnableParameters,
  };
}
