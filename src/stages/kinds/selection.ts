import { betterBy, numberOf } from '../../catalogue/measures.ts';
import type { EvaluationRecord, SelectionRecord } from '../../contract/result.ts';
import type { SelectionStage } from '../../contract/stage.ts';
import type { Workshop } from '../workshop.ts';
import type { Outcome } from './outcome.ts';

/** Chooses the seed with the best value; of equals the first. */
export async function selection(
  { measure, candidates, toBeat }: SelectionStage,
  { object }: Workshop,
): Promise<Outcome & { record: SelectionRecord }> {
  const valueAt = async (key: string) => {
    const { kind, record } = await object(key);
    return kind === 'selection' ? (record as SelectionRecord).value : (record as EvaluationRecord).value!;
  };
  const values = await Promise.all(candidates.map(({ evaluation }) => valueAt(evaluation)));
  const isBetter = betterBy(measure);
  const best = values.reduce((best, value, i) => (isBetter(value, values[best]!) ? i : best), 0);
  const { seed, predictor } = candidates[best]!;
  const value = values[best]!;
  const mark = toBeat === undefined ? undefined : await valueAt(toBeat);
  const record = {
    ...{ measure, unit: numberOf(measure).unit, seed, value, predictor },
    values: Object.fromEntries(candidates.map((candidate, i) => [candidate.seed, values[i]!])),
    ...(mark === undefined ? {} : { toBeat: mark }),
    gain: mark === undefined || isBetter(value, mark),
  };
  return { record };
}
