import { isMeasure, numberOf } from '../../catalogue/measures.ts';
import { settingsOf } from '../../contract/measure-settings.ts';
import type { EvaluationRecord } from '../../contract/result.ts';
import type { EvaluationStage } from '../../contract/stage.ts';
import { Failure } from '../../failure.ts';
import { readPredictor } from '../../target/predictor-file.ts';
import { findingOf } from '../analyse.ts';
import type { Workshop } from '../workshop.ts';
import type { Outcome } from './outcome.ts';

/** Measures a finished predictor's network, or the target itself. Throws a Failure of kind 'nan' where the number is none. */
export async function evaluation(
  { configuration, inputs, measure, split }: EvaluationStage,
  workshop: Workshop,
): Promise<Outcome & { record: EvaluationRecord }> {
  const bench = await workshop.bench(configuration, inputs);
  const { kernels, predictorShapes } = bench.representation;
  const parameters =
    inputs.predictor === undefined
      ? undefined
      : await readPredictor(workshop, inputs.predictor, predictorShapes);
  if (!isMeasure(measure))
    return findingOf(measure, { ...bench, parameters: parameters! }, configuration, workshop);
  const rows = parameters === undefined ? kernels.rows.data : await bench.predict(parameters);
  const document = numberOf(measure).looksAt === 'ood' ? await bench.evaluator.shifted(rows) : undefined;
  const value = document?.mean ?? (await bench.evaluator.measure(rows, [measure], split))[measure];
  if (!Number.isFinite(value))
    throw new Failure('nan', `Expected ${measure} to be a finite number, got \`${value}\``);
  const { unit } = numberOf(measure);
  const settings = settingsOf(measure, configuration);
  const { parameters: learnableParameters } = bench.representation.kernels;
  const isOfTarget = inputs.predictor === undefined && measure === 'accuracy';
  const chance = isOfTarget ? nearChance(value!, bench.target.network.classes) : {};
  const record = {
    measure,
    unit,
    ...(settings && { settings }),
    value: value!,
    learnableParameters,
    ...chance,
  };
  return document ? { record, files: new Map([['ood.json', `${JSON.stringify(document)}\n`]]) } : { record };
}

/** A network that is right in no more than this share of what guessing misses is no trained one, or is shown other images. */
const hardly = 0.1;

/** What guessing is right in, where an accuracy (in %) is hardly more. */
function nearChance(accuracy: number, classes: number): Pick<EvaluationRecord, 'chance'> {
  const chance = 100 / classes;
  return accuracy < chance + hardly * (100 - chance) ? { chance } : {};
}
