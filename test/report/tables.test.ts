import { describe, expect, it } from 'vitest';
import { renderCsv } from '../../src/report/csv.ts';
import { layOut, type ReportRequest } from '../../src/report/layout.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { collectResults } from '../../src/report/results.ts';
import { renderTerminal } from '../../src/report/terminal.ts';
import { paperGrid, type SampleCell, sampleResults, sampleRun, tableText } from './sample.ts';

const screen = { width: 80, colour: false };
const golden = (name: string) => `golden/${name}`;
const markdown = (cells: readonly SampleCell[], metric: string, request?: ReportRequest) =>
  renderMarkdown(layOut(sampleResults(cells), metric, request));

describe('a full grid of two axes', () => {
  it('is a table with the last axis along the columns', async () => {
    await expect(markdown(paperGrid, 'accuracy')).toMatchFileSnapshot(golden('grid.md'));
  });

  it('is turned when the spec asks for it', async () => {
    const request = { rows: 'permutation', columns: 'predictor.hidden' };
    await expect(markdown(paperGrid, 'accuracy', request)).toMatchFileSnapshot(golden('turned.md'));
  });

  it('is a table of small numbers', async () => {
    await expect(markdown(paperGrid, 'reconstruction-error')).toMatchFileSnapshot(golden('error.md'));
  });

  it('is a line of numbers for each cell as CSV', async () => {
    await expect(renderCsv(sampleResults(paperGrid), 'accuracy')).toMatchFileSnapshot(golden('grid.csv'));
  });

  it('fits a terminal', async () => {
    const text = renderTerminal(layOut(sampleResults(paperGrid), 'accuracy'), screen);
    expect(Math.max(...text.split('\n').map(line => line.length))).toBeLessThanOrEqual(80);
    await expect(text).toMatchFileSnapshot(golden('grid.txt'));
  });
});

describe('other grids', () => {
  const threeAxes = [0, 0.5].flatMap(alpha =>
    paperGrid.map(cell => ({ ...cell, id: `${cell.id}-${alpha}`, values: { ...cell.values, alpha } })),
  );
  const zipped = paperGrid.filter((_, i) => i === 0 || i === 3);

  it('have a row for each cell when there are three axes', async () => {
    await expect(markdown(threeAxes, 'accuracy')).toMatchFileSnapshot(golden('three-axes.md'));
  });

  it('have the other axes before the rows when columns are asked for', () => {
    const table = tableText(sampleResults(threeAxes), 'accuracy', { rows: 'alpha', columns: 'permutation' });
    expect(table.header).toEqual(['alpha', 'predictor.hidden', 'compression ratio', 'none', 'in-filter']);
    expect(table.rows.map(row => row.slice(0, 2))).toEqual([
      ['0', '140'],
      ['0', '160'],
      ['0.5', '140'],
      ['0.5', '160'],
    ]);
  });

  it('have a row for each cell when two axes advance together', () => {
    const { header, rows } = tableText(sampleResults(zipped), 'accuracy');
    expect(header).toEqual(['predictor.hidden', 'permutation', 'compression ratio', 'accuracy']);
    expect(rows.map(row => row.at(-1))).toEqual(['61.9 ± 2.4', 'failed (0/4)']);
  });

  it('name the cell when there is no axis', () => {
    const table = tableText(sampleResults([{ ...paperGrid[0]!, id: 'only', values: {} }]), 'accuracy');
    expect(table.rows).toEqual([['only', '0.420', '61.9 ± 2.4']]);
  });
});

describe('a cell', () => {
  const one = (accuracies: Record<number, number>, planned: number) =>
    tableText(sampleResults([{ id: 'only', values: {}, ratio: 0.5, accuracies, planned }]), 'accuracy');

  it('of one seed has no interval, and the caption says so', () => {
    const table = one({ 0: 91.234 }, 1);
    expect(table.rows[0]!.at(-1)).toBe('91.23');
    expect(table.caption).toContain('one seed (n = 1), so no interval');
  });

  it('has the decimals that its interval can tell', () => {
    expect(one({ 0: 91.2, 1: 91.2001 }, 2).rows[0]!.at(-1)).toBe('91.2001 ± 0.0006');
    expect(one({ 0: 90, 1: 91 }, 2).rows[0]!.at(-1)).toBe('90.5 ± 6.4');
    expect(one({ 0: 90, 1: 90 }, 2).rows[0]!.at(-1)).toBe('90.00 ± 0.00');
  });

  it('of which some complete run lacks the measure says of how many it is', () => {
    const runs = [0, 1, 2].map(seed => sampleRun('only', seed, 90 + seed));
    const [first, ...others] = runs;
    const overflowed = { ...others[1]!.metrics, accuracy: { unit: '%', value: Number.NaN } };
    const { 'reconstruction-error': _, ...lacking } = first!.metrics;
    const made = { version: '1', finishedAt: '2026-01-02T04:00:00.000Z' };
    const outcome = {
      ...{ id: 'only', values: {}, planned: 3, failed: [] },
      results: [{ ...first!, metrics: lacking }, others[0]!, { ...others[1]!, metrics: overflowed }],
    };
    const results = collectResults('lacking', [outcome], made);
    expect(tableText(results, 'accuracy').rows[0]!.at(-1)).toBe('90.5 ± 6.4 (2/3)');
    expect(tableText(results, 'reconstruction-error').rows[0]!.at(-1)).toMatch(/\(2\/3\)$/);
    expect(tableText(results, 'loss').caption).toBe('loss: no complete run has it.');
    expect(JSON.stringify(results)).not.toContain('null,"min"');
    // None of three has it, though two are complete.
    expect(tableText(results, 'loss').rows[0]!.at(-1)).toBe('– (0/3)');
  });

  it('without a run that failed or finished is open', () => {
    expect(one({}, 2).rows[0]!.at(-1)).toBe('– (0/2)');
    expect(one({ 1: 90 }, 2).rows[0]!.at(-1)).toBe('90.00 (1/2)');
  });
});

it('is data until it is drawn: numbers, how many runs they rest on, and what is not there', () => {
  const absent = { mean: null, half: null, n: 0 };
  const zipped = [...paperGrid.slice(0, 3), { ...paperGrid[1]!, id: 'open', values: { permutation: 'x' } }];
  const lacking = { ...zipped[3]!, accuracies: {} };
  const request = { columns: 'permutation' };
  const table = layOut(sampleResults([...zipped.slice(0, 3), paperGrid[3]!, lacking]), 'accuracy', request);
  expect(table).toMatchObject({ unit: '%', labels: ['predictor.hidden'], cells: ['none', 'in-filter', 'x'] });
  const near = (value: number) => expect.closeTo(value, 4);
  expect(table.rows.map(({ cells }) => cells)).toEqual([
    [
      { state: 'complete', mean: near(61.895), half: near(2.3877), n: 4, planned: 4 },
      { state: 'complete', mean: near(88.27), half: near(0.19139), n: 4, planned: 4 },
      { state: 'empty', ...absent, planned: 0 },
    ],
    [
      { state: 'partial', mean: near(80.16), half: near(1.71585), n: 3, planned: 4 },
      { state: 'failed', ...absent, planned: 4 },
      { state: 'empty', ...absent, planned: 0 },
    ],
    [
      { state: 'empty', ...absent, planned: 0 },
      { state: 'empty', ...absent, planned: 0 },
      { state: 'missing', ...absent, planned: 4 },
    ],
  ]);
  expect(table.rows[1]!.ratios).toEqual([0.51]);
});

describe('the caption of an attack', () => {
  const results = (epsilons: readonly string[]) =>
    collectResults(
      'attacked',
      epsilons.map((epsilon, i) => ({
        id: `cell-${i}`,
        values: { 'attack.epsilon': epsilon },
        planned: 1,
        failed: [],
        results: [
          {
            ...sampleRun(`cell-${i}`, 0, 90),
            metrics: { fgsm: { unit: '%', value: 40 + i, settings: { epsilon, steps: '1' } } },
            target: { accuracy: 91.69, fgsm: 45 + i, loss: 0.25 },
          },
        ],
      })),
      { version: '1.2.3', finishedAt: '2026-01-02T04:00:00.000Z' },
    );

  it('tells how strong it is, and how the original network fares', () => {
    const { caption } = layOut(results(['1/255']), 'fgsm');
    expect(caption).toContain('under the fast gradient sign method, epsilon 1/255, steps 1: one seed');
    expect(caption).toContain('(accuracy 91.69 %, fgsm 45.00 %)');
    expect(results(['1/255']).cells[0]!.metrics.fgsm!.settings).toEqual({ epsilon: '1/255', steps: '1' });
  });

  it('leaves out what differs between the cells', () => {
    const { caption } = layOut(results(['1/255', '2/255']), 'fgsm');
    expect(caption).toContain('sign method, steps 1: one seed');
    expect(caption).toContain('(accuracy 91.69 %)');
    expect(results(['1/255', '2/255']).target).toEqual({ accuracy: 91.69, loss: 0.25 });
  });
});

describe('text from the spec', () => {
  const nasty = (value: unknown) => sampleResults([{ ...paperGrid[0]!, values: { path: value } }]);

  it.each([
    ['a,b', '"a,b"'],
    ['say "a"', '"say ""a"""'],
    ['=1+2', "'=1+2"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['-1+cmd', "'-1+cmd"],
    ['-1.5', '-1.5'],
    [' padded', '" padded"'],
    ['two\nlines', 'two\\nlines'],
    [{ method: 'all', batch: 3 }, 'all · batch 3'],
  ])('%j is %s in CSV', (value, field) => {
    const line = renderCsv(nasty(value), 'accuracy').split('\n')[1];
    expect(line!.startsWith(`hidden-140-none,${field},0.42,`)).toBe(true);
  });

  it('cannot break a table or act on a terminal', () => {
    const table = layOut(nasty('a|b\u001b[31m<i>'), 'accuracy');
    expect(renderMarkdown(table)).toContain('| a\\|b\\\\x1b\\[31m\\<i\\> |');
    expect(renderTerminal(table, screen)).not.toContain('\u001b');
  });

  it('is shortened where it would not fit a terminal', () => {
    const text = renderTerminal(layOut(nasty('x'.repeat(200)), 'accuracy'), screen);
    expect(text).toContain('xxx…');
    expect(Math.max(...text.split('\n').map(line => line.length))).toBeLessThanOrEqual(80);
  });
});
