import type { RunResult } from '../../src/contract/result.ts';
import type { FailureKind } from '../../src/failure.ts';
import { layOut, type ReportRequest } from '../../src/report/layout.ts';
import { type CellOutcome, collectResults, type Results } from '../../src/report/results.ts';
import { textOf } from '../../src/report/text.ts';

/** A cell with the accuracies of its complete runs by seed, and the kind of failure of the others. */
export interface SampleCell {
  id: string;
  values: Record<string, unknown>;
  planned: number;
  ratio: number;
  accuracies: Record<number, number>;
  failed?: Record<number, FailureKind>;
}

/** A run's result with the given accuracy. */
export function sampleRun(cell: string, seed: number, accuracy: number, compressionRatio = 0.5): RunResult {
  return {
    schemaVersion: 2,
    key: `key of ${cell} ${seed}`,
    cell,
    seed,
    configuration: {} as RunResult['configuration'],
    metrics: {
      accuracy: { unit: '%', value: accuracy },
      'reconstruction-error': { unit: '', value: (100 - accuracy) / 1000 },
    },
    predictorParameters: 1000,
    learnableParameters: 2000,
    compressionRatio,
    target: { accuracy: 91.69 },
    phases: [],
    rounds: [],
    provenance: [
      {
        engine: 'none',
        engines: ['none'],
        imagesAtOnce: 32,
        versions: { none: '1.0' },
        threads: 1,
        device: { name: 'none', kind: 'cpu' },
        seconds: 2.5,
        stepMilliseconds: 12,
        startedAt: '2026-01-02T03:04:05.000Z',
        node: 'v20.0.0',
        platform: 'linux-x64',
      },
    ],
  };
}

/** The results of a sweep with these cells. */
export function sampleResults(cells: readonly SampleCell[]): Results {
  const outcomes = cells.map(({ id, values, planned, ratio, accuracies, failed = {} }): CellOutcome => {
    const results = Object.entries(accuracies).map(([seed, accuracy]) =>
      sampleRun(id, Number(seed), accuracy, ratio),
    );
    const failures = Object.entries(failed).map(([seed, kind]) => ({
      seed: Number(seed),
      kind,
      message: 'Expected a finite loss at iteration 17, got `NaN`',
    }));
    return { id, values, planned, results, failed: failures };
  });
  return collectResults('sample', outcomes, { version: '1.2.3', finishedAt: '2026-01-02T04:00:00.000Z' });
}

/** A table whose numbers are text already. */
export function tableText(results: Results, metric: string, request?: ReportRequest) {
  const table = layOut(results, metric, request);
  return { caption: table.caption, ...textOf(table) };
}

/** A full grid of two axes as the papers print it, with a cell that lacks a run and one that lacks all. */
export const paperGrid: readonly SampleCell[] = [
  cell(140, 'none', 0.42, { 0: 61.21, 1: 63.9, 2: 60.4, 3: 62.07 }),
  cell(140, 'in-filter', 0.42, { 0: 88.25, 1: 88.41, 2: 88.12, 3: 88.3 }),
  cell(160, 'none', 0.51, { 0: 80.02, 1: 79.55, 2: 80.91 }, { 3: 'nan' }),
  cell(160, 'in-filter', 0.51, {}, { 0: 'nan', 1: 'nan', 2: 'nan', 3: 'nan' }),
];

function cell(
  hidden: number,
  permutation: string,
  ratio: number,
  accuracies: Record<number, number>,
  failed: Record<number, FailureKind> = {},
): SampleCell {
  const values = { 'predictor.hidden': hidden, permutation };
  return { id: `hidden-${hidden}-${permutation}`, values, planned: 4, ratio, accuracies, failed };
}
