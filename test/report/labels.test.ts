import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { renderCsv } from '../../src/report/csv.ts';
import { formatValue, identityOf, labelsOf } from '../../src/report/labels.ts';
import { layOut } from '../../src/report/layout.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { renderTerminal } from '../../src/report/terminal.ts';
import { textOf } from '../../src/report/text.ts';
import { type SampleCell, sampleResults } from './sample.ts';

const labelled = (...values: unknown[]) => values.map(labelsOf(values));
const distill = (lr: number) => [
  { name: 'reconstruct', losses: ['reconstruction'] },
  { name: 'distill', losses: ['kd'], optimizer: { method: 'adam', lr } },
];

describe('labels say what differs', () => {
  test.each<[unknown[], string[]]>([
    [
      [
        { network: 'resnet20', dataset: 'cifar10', weights: 'resnet20-12fca82f.th' },
        { network: 'resnet56', dataset: 'cifar10', weights: 'resnet56-4bfd9763.th' },
      ],
      ['resnet20 · resnet20-12fca82f.th', 'resnet56 · resnet56-4bfd9763.th'],
    ],
    [
      [1, '1'],
      ['1', '"1"'],
    ],
    [
      [null, 'null', undefined, '–'],
      ['null', '"null"', '–', '"–"'],
    ],
    [
      [true, 'true', 1],
      ['true', '"true"', '1'],
    ],
    [
      [distill(3e-4), distill(3e-5)],
      [
        'reconstruct + distill (distill.optimizer.lr 0.0003)',
        'reconstruct + distill (distill.optimizer.lr 0.00003)',
      ],
    ],
    [
      ['joint', distill(3e-4)],
      ['joint', 'reconstruct + distill'],
    ],
    [
      ['none', { method: 'in-filter', twoOpt: 5 }],
      ['none', 'in-filter · twoOpt 5'],
    ],
    [
      [{ batch: 32 }, { batch: 64 }],
      ['batch 32', 'batch 64'],
    ],
    [
      [{ method: 'all' }, { method: 'all', batch: 3 }],
      ['all', 'batch 3'],
    ],
    [
      [['accuracy'], ['accuracy', 'loss']],
      ['accuracy', 'accuracy, loss'],
    ],
    [
      [
        { a: { x: 1 }, b: { x: 2 } },
        { a: { x: 2 }, b: { x: 1 } },
      ],
      ['a.x 1 · b.x 2', 'a.x 2 · b.x 1'],
    ],
    [
      [{}, [], { a: 1 }],
      ['default', 'none', 'a 1'],
    ],
    [
      [140, 160.5],
      ['140', '160.5'],
    ],
  ])('%j: %j', (values, labels) => {
    expect(labelled(...values)).toEqual(labels);
  });

  it('and of one value all of it', () => {
    expect(formatValue({ method: 'all', batch: 3 })).toBe('all · batch 3');
  });
});

/** What a grid can hold, drawn from few parts so that many values are nearly alike. */
const value = fc.letrec(tie => ({
  leaf: fc.constantFrom(
    0,
    1,
    10,
    '1',
    '0',
    'a',
    'b',
    'null',
    null,
    true,
    'true',
    '',
    ' ',
    '–',
    'a · b',
    '\u200b',
    'x'.repeat(70),
  ),
  mapping: fc.dictionary(fc.constantFrom('name', 'method', 'a', 'a.b'), tie('any'), {
    maxKeys: 3,
    noNullPrototype: true,
  }),
  list: fc.array(tie('any'), { maxLength: 3 }),
  any: fc.oneof({ depthSize: 'small', withCrossShrink: true }, tie('leaf'), tie('mapping'), tie('list')),
})).any;

const axis = fc.uniqueArray(value, { minLength: 1, maxLength: 5, selector: identityOf });

it('labels of different values differ, and are of one line', () => {
  fc.assert(
    fc.property(axis, values => {
      const labels = labelled(...values);
      expect(new Set(labels).size).toBe(values.length);
      for (const label of labels) expect(label).not.toMatch(/[\n\u200b]/);
    }),
    { numRuns: 1000, seed: 12 },
  );
});

const cellsOf = (axes: Record<string, unknown[]>): SampleCell[] => {
  const product = Object.entries(axes).reduce<Record<string, unknown>[]>(
    (points, [name, values]) => points.flatMap(point => values.map(one => ({ ...point, [name]: one }))),
    [{}],
  );
  return product.map((values, i) => ({
    id: `cell-${i}`,
    values,
    planned: 1,
    ratio: 0.5,
    accuracies: { 0: 10 + i },
  }));
};

it('a table of any grid has every cell, in rows that differ, in all its forms', () => {
  const grids = fc.record({ one: axis, two: axis }, { requiredKeys: ['one'], noNullPrototype: true });
  const requests = fc.constantFrom({}, { columns: 'one' }, { rows: 'two' });
  fc.assert(
    fc.property(grids, requests, (grid, request) => {
      const cells = cellsOf(grid as Record<string, unknown[]>);
      const results = sampleResults(cells);
      const laidOut = layOut(results, 'accuracy', request);
      const table = textOf(laidOut);
      const numbers = cells.map((_, i) => `${10 + i}.00`);
      expect(
        table.rows
          .flat()
          .filter(text => numbers.includes(text))
          .sort(),
      ).toEqual([...numbers].sort());
      expect(new Set(table.rows.map(row => JSON.stringify(row.slice(0, table.labels)))).size).toBe(
        table.rows.length,
      );
      expect(new Set(table.header.slice(-1 * new Set(table.header).size)).size).toBe(table.header.length);
      const markdown = renderMarkdown(laidOut);
      const terminal = renderTerminal(laidOut, { width: 60, colour: false });
      for (const number of numbers) for (const text of [markdown, terminal]) expect(text).toContain(number);
      const drawn = terminal.split('\n').slice(-1 - table.rows.length, -1);
      expect(new Set(drawn).size).toBe(table.rows.length);
      expect(renderCsv(results, 'accuracy').match(/\ncell-/g)).toHaveLength(cells.length);
    }),
    { numRuns: 200, seed: 13 },
  );
});

it('cells that no axis tells apart are told apart by their names', () => {
  const cells = cellsOf({ one: [1] });
  const twins = [cells[0]!, { ...cells[0]!, id: 'twin', accuracies: { 0: 50 } }];
  for (const request of [{}, { columns: 'one' }]) {
    const { rows } = textOf(layOut(sampleResults(twins), 'accuracy', request));
    expect(rows.map(row => [row[0], row.at(-1)])).toEqual([
      ['1 (cell-0)', '10.00'],
      ['1 (twin)', '50.00'],
    ]);
  }
});

describe('a grid of targets and phases', () => {
  const targets = [20, 56].map((depth, i) => ({
    network: `resnet${depth}`,
    dataset: 'cifar10',
    weights: ['resnet20-12fca82f.th', 'resnet56-4bfd9763.th'][i],
  }));
  const results = sampleResults(cellsOf({ target: targets, phases: [distill(3e-4), distill(3e-5)] }));

  it('is told alike in Markdown, CSV and on a terminal', async () => {
    await expect(renderMarkdown(layOut(results, 'accuracy'))).toMatchFileSnapshot('golden/targets.md');
    await expect(renderCsv(results, 'accuracy')).toMatchFileSnapshot('golden/targets.csv');
    const text = renderTerminal(layOut(results, 'accuracy', { rows: 'target' }), {
      width: 140,
      colour: false,
    });
    await expect(text).toMatchFileSnapshot('golden/targets.txt');
  });
});
