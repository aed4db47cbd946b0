import { normalizationOf } from '../data/normalize.ts';
import { openEngine } from '../engine/open.ts';
import { Failure } from '../failure.ts';
import { parameterCount } from '../nern/predictor-shapes.ts';
import { isAnalysis, writeAnalyses } from './analyses.ts';
import { createEvaluator, isMeasure, type Measure, measures } from './evaluate.ts';
import { distils, imagesRead, loadImages } from './images.ts';
import type { Job, StageEvent } from './job.ts';
import { createPredict } from './predict.ts';
import { writePredictor } from './predictor-file.ts';
import { type Representation, represent } from './represent.ts';
import type { RunResult } from './result.ts';
import { loadTarget } from './target.ts';
import { startOfTraining, train } from './train.ts';
import { readTrainingCheckpoint, writeTrainingCheckpoint } from './training-checkpoint.ts';

/** Seconds between checkpoints: what a crash can cost. */
const checkpointInterval = 60;

/** Points of the loss curve that a result keeps. */
const historyPoints = 200;

/**
 * One run from beginning to end: reads the target and the data, trains the predictor, measures the reconstructed
 * network on the way and at the end. Goes on from the checkpoint in the run's folder when there is one. When `stop`
 * is aborted it saves a checkpoint and throws a Failure of kind 'signal'.
 */
export async function executeRun(
  job: Job,
  emit: (event: StageEvent) => void,
  stop: AbortSignal,
): Promise<RunResult> {
  const { configuration, specFolder, directory, key, run } = job;
  const startedAt = new Date();
  const engine = await openEngine(job.engine);
  const target = await loadTarget(configuration, specFolder);
  const representation = represent(target, configuration);
  const { evaluate } = configuration;
  const sampleOf = async (split: 'train' | 'test') => ({
    images: await loadImages(configuration, specFolder, split),
    normalization: normalizationOf(configuration.data.normalize),
  });
  const predict = createPredict(engine, representation);
  const evaluator = createEvaluator(
    engine,
    target,
    representation.kernels,
    predict,
    evaluate.filter(isMeasure),
    imagesRead(configuration).test ? await sampleOf('test') : undefined,
  );
  const images = distils(configuration) ? await loadImages(configuration, specFolder, 'train') : undefined;
  const saved = await readTrainingCheckpoint(directory, key);
  const start = saved ?? startOfTraining(configuration, representation, job.seed);
  const record = { history: saved?.history ?? [], evaluations: saved?.evaluations ?? [] };
  const { iterations, evaluateEvery } = configuration;
  const historyEvery = Math.ceil(iterations / historyPoints);
  const began = performance.now();
  const elapsed = () => (performance.now() - began) / 1000 + (saved?.seconds ?? 0);
  let training = 0;
  let savedAt = performance.now();
  let { parameters } = start;
  emit({ type: 'run-started', run, iterations });
  let stepBegan = performance.now();
  for await (const step of train(engine, target, representation, configuration, images, start)) {
    const { iteration, losses } = step;
    training += performance.now() - stepBegan;
    const state = step.state();
    parameters = state.parameters;
    if (iteration % historyEvery === 0 || iteration === iterations) {
      record.history.push({ iteration, ...losses, learningRate: step.learningRate });
    }
    const millisecondsPerStep = training / (iteration - start.iteration);
    emit({ type: 'run-progress', run, iteration, iterations, loss: losses.loss, millisecondsPerStep });
    if (iteration % evaluateEvery === 0 || iteration === iterations) {
      const metrics = await evaluator.measure(parameters, 'often');
      record.evaluations.push({ iteration, metrics });
      emit({ type: 'run-evaluated', run, iteration, metrics });
    }
    const due = performance.now() - savedAt > checkpointInterval * 1000;
    if (due || stop.aborted) {
      await writeTrainingCheckpoint(directory, key, { ...state, ...record, seconds: elapsed() });
      savedAt = performance.now();
    }
    if (stop.aborted)
      throw new Failure('signal', `Stopped at iteration ${iteration}; the same command goes on from there`);
    stepBegan = performance.now();
  }
  await writePredictor(directory, parameters, representation.predictorShapes);
  const subject = { engine, target, representation, configuration, parameters, predict, images: sampleOf };
  await writeAnalyses(directory, evaluate.filter(isAnalysis), subject);
  return {
    schemaVersion: 1,
    key,
    cell: job.cell,
    seed: job.seed,
    metrics: finalMetrics(record.evaluations, await evaluator.measure(parameters, 'last')),
    ...compressionOf(representation),
    target: await evaluator.original(),
    ...record,
    provenance: {
      engine: engine.name,
      versions: engine.versions,
      threads: engine.threads,
      device: engine.device,
      seconds: elapsed(),
      stepMilliseconds: training / Math.max(1, iterations - start.iteration),
      startedAt: startedAt.toISOString(),
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
    },
  };
}

/** Each measure after the last iteration, and the best accuracy of all evaluations (the papers' test-set selection). */
function finalMetrics(
  evaluations: RunResult['evaluations'],
  conclusion: Readonly<Record<string, number>>,
): RunResult['metrics'] {
  const metrics: RunResult['metrics'] = {};
  for (const [name, value] of Object.entries({ ...evaluations.at(-1)!.metrics, ...conclusion })) {
    const { unit, settings } = measures[name as Measure];
    metrics[name] = { unit, value, ...(settings && { settings }) };
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
