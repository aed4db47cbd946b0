import { canonicalJson } from '../canonical-json.ts';
import { type Evaluation, isMeasure, numberOf } from '../catalogue/measures.ts';
import type { Cell } from './cell.ts';
import type { Configuration } from './configuration.ts';
import { isMapping, type Mapping, type Pointer } from './pointer.ts';
import { didYouMean, nearest } from './suggest.ts';
import { listed, quote } from './text.ts';
import type { Problem } from './validate.ts';

/** Finds the key of an axis in the spec. */
type AxisPlace = (axis: string) => Pointer;

/** The numbers that a cell's runs report. */
function reported({ evaluate, baseline }: Configuration): string[] {
  const measures = evaluate.filter(isMeasure);
  if (baseline) return measures.filter(name => !numberOf(name).compares);
  return measures.flatMap(name => (name === 'accuracy' ? [name, 'best-accuracy'] : [name]));
}

/** Of the numbers that there are, in their order, the one that is shown where none is asked for. */
export const usualMetric = (names: readonly string[]): string | undefined =>
  names.find(name => name === 'accuracy') ?? names[0];

/** The number that a table of these cells is of, where the report asks for none. */
export const metricOf = (cells: readonly Cell[]): string | undefined =>
  usualMetric(cells.flatMap(({ configuration }) => reported(configuration)));

/** What a report asks for that the cells do not have, so that another table would have to be shown in its place. */
export function reportProblems(report: unknown, axes: readonly string[], cells: readonly Cell[]): Problem[] {
  if (!isMapping(report)) return [];
  return [...placeProblems(report, axes), ...metricProblems(report, cells)];
}

function placeProblems(report: Mapping, axes: readonly string[]): Problem[] {
  const outside = ['rows', 'columns'].filter(
    key => report[key] !== undefined && !axes.includes(String(report[key])),
  );
  const problems: Problem[] = outside.map(key => ({
    code: 'not-in-grid',
    pointer: `/report/${key}`,
    at: 'value',
    message: `Expected \`report.${key}\` to be a path of the grid, got ${quote(report[key])}`,
    expected: axes.length === 0 ? 'a spec with `matrix` or `zip`' : listed(axes.map(quote)),
    ...didYouMean(String(report[key]), axes),
  }));
  if (report.rows === undefined || report.rows !== report.columns || outside.length > 0) return problems;
  const message = `Expected \`report.columns\` to differ from \`report.rows\`, got ${quote(report.columns)}`;
  return [{ code: 'wrong-value', pointer: '/report/columns', at: 'value', message }];
}

function metricProblems({ metric }: Mapping, cells: readonly Cell[]): Problem[] {
  const known = [...new Set(cells.flatMap(({ configuration }) => reported(configuration)))];
  if (metric === undefined || cells.length === 0 || known.includes(String(metric))) return [];
  const measure = metric === 'best-accuracy' ? 'accuracy' : String(metric);
  const isAsked = cells.some(({ configuration }) => configuration.evaluate.some(name => name === measure));
  const near = nearest(String(metric), known);
  const mend = isAsked
    ? 'a baseline is the target itself, of which that says nothing'
    : `add ${quote(measure)} to \`evaluate\``;
  return [
    {
      code: 'not-evaluated',
      pointer: '/report/metric',
      at: 'value',
      message: `Expected \`report.metric\` to be a number that is measured, got ${quote(metric)}`,
      expected: known.length === 0 ? 'a measure that is a number in `evaluate`' : listed(known.map(quote)),
      hint: near === undefined ? mend : `${mend}; or did you mean \`${near}\`?`,
    },
  ];
}

/** Settings that are of nothing but these measures. */
const ofMeasures: readonly (readonly [path: string, measures: readonly Evaluation[]])[] = [
  ['attack.epsilon', ['fgsm', 'i-fgsm']],
  ['attack.steps', ['i-fgsm']],
  ['attack.stepSize', ['i-fgsm']],
  ['attack', ['fgsm', 'i-fgsm']],
  ['ood', ['ood']],
  ['compression', ['meta-compression']],
];

/** Paths that the grid varies although no cell is measured by what they are about: all its cells would say the same. */
export function idleAxes(axes: readonly string[], cells: readonly Cell[], locate: AxisPlace): Problem[] {
  const taken = new Set(cells.flatMap(({ configuration }) => configuration.evaluate));
  return axes.flatMap(axis => {
    const [, measures] = ofMeasures.find(([path]) => axis === path || axis.startsWith(`${path}.`)) ?? [];
    if (measures === undefined || measures.some(one => taken.has(one))) return [];
    if (new Set(cells.map(({ values }) => canonicalJson(values[axis] ?? null))).size < 2) return [];
    return {
      code: 'not-evaluated' as const,
      pointer: locate(axis),
      at: 'key' as const,
      message: `Expected ${listed(measures.map(quote))} in \`evaluate\` where the grid varies ${quote(axis)}, got ${quote([...taken].join(', '))}`,
      hint: `no other measure depends on ${quote(axis)}`,
    };
  });
}
