import { captions } from '../catalogue/measures.ts';
import { formatNumber } from './format.ts';
import { type CellResults, metricOf, type Results } from './results.ts';

/** `accuracy.round-2` and `accuracy.reconstruct` are what `accuracy` is, at an earlier time. */
function meaningOf(metric: string): string | undefined {
  const [measure, time] = metric.split('.') as [string, string?];
  if (time === undefined) return captions[measure];
  const what = measure === 'accuracy' ? undefined : captions[measure];
  return [`after ${time.replace('-', ' ')}`, what].filter(Boolean).join(', ');
}

/** What a table says of itself: the measure, the kind of interval, n, what the seeds vary and on what all is conditional. */
export function captionOf({ cells, target, confidence }: Results, metric: string): string {
  const summaries = cells.flatMap(cell => metricOf(cell, metric) ?? []);
  if (summaries.length === 0)
    return `${metric}: ${cells.some(({ completed }) => completed > 0) ? 'no complete run has it' : 'no run is complete'}.`;
  const unit = summaries[0]!.unit === '' ? '' : ` (${summaries[0]!.unit})`;
  const settings = Object.entries(summaries[0]!.settings ?? {})
    .filter(([name, value]) => summaries.every(summary => summary.settings?.[name] === value))
    .map(([name, value]) => `${name} ${value}`);
  const meaning = [meaningOf(metric), ...settings].map(part => (part ? `, ${part}` : '')).join('');
  const counts = summaries.map(summary => summary.n);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const n = least === most ? `n = ${most}` : `n = ${least} to ${most}`;
  const told = (name: string, unit: string) =>
    target[name] === undefined ? [] : [`${name} ${formatNumber(target[name], unit)}`];
  const ofTarget = told('accuracy', '%').concat(
    metric === 'accuracy' ? [] : told(metric, summaries[0]!.unit),
  );
  const given = ofTarget.length === 0 ? '' : ` (${ofTarget.join(', ')})`;
  const interval =
    most === 1
      ? `${metric}${unit}${meaning}: one seed (n = 1), so no interval.`
      : `${metric}${unit}${meaning}: mean ± half-width of the ${100 * confidence} % Student-t interval, ${n} seeds.`;
  const single =
    least === 1 && most > 1 ? ' A value without ± rests on one seed (n = 1), so it has no interval.' : '';
  return `${interval}${single} ${conditionsOf(cells, given)}`;
}

/** What the seeds vary, and on what all is conditional. */
function conditionsOf(cells: readonly CellResults[], given: string): string {
  const trainings = cells.map(({ targetSeeds = [] }) => targetSeeds.length);
  const drawn = 'the initialisation, the data order and the sampler';
  if (Math.max(...trainings) > 1)
    return `The seeds vary the training of the target, ${drawn}; each has a target of its own.`;
  const target = Math.max(...trainings) > 0 ? 'one training of each target' : 'the given target checkpoint';
  return `The seeds vary ${drawn}; all is conditional on ${target}${given}.`;
}
