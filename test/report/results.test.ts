import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { paperGrid, sampleResults } from './sample.ts';

const schema = JSON.parse(readFileSync('schema/results.schema.json', 'utf8'));
const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(schema);

describe('collectResults', () => {
  const results = sampleResults(paperGrid);

  it('keeps the contract of schema/results.schema.json', () => {
    validate(JSON.parse(JSON.stringify(results)));
    expect(validate.errors).toBeNull();
  });

  it('counts, summarises and keeps the values by seed', () => {
    const [, cell] = results.cells;
    expect(cell).toMatchObject({ compressionRatio: 0.42, planned: 4, completed: 4, failed: [] });
    const { n, mean, values, unit } = cell!.metrics.accuracy!;
    expect({ n, unit, values }).toEqual({
      n: 4,
      unit: '%',
      values: { 0: 88.25, 1: 88.41, 2: 88.12, 3: 88.3 },
    });
    expect(mean).toBeCloseTo(88.27, 10);
  });

  it('lists failed runs and never averages over them', () => {
    const [, , some, none] = results.cells;
    expect(some!.failed).toEqual([
      { seed: 3, kind: 'nan', message: expect.stringContaining('iteration 17') },
    ]);
    expect(some!.metrics.accuracy!.n).toBe(3);
    expect(none).toMatchObject({ compressionRatio: null, completed: 0, metrics: {} });
    expect(none!.failed.map(({ seed }) => seed)).toEqual([0, 1, 2, 3]);
  });

  it('names the target where all cells share it', () => {
    expect(results.target).toEqual({ accuracy: 91.69 });
    expect(sampleResults([]).target).toEqual({});
  });

  it('has times nowhere but in the provenance', () => {
    const { provenance, ...rest } = results;
    expect(JSON.stringify(rest)).not.toContain('2026');
    expect(Object.keys(provenance.runs)).toHaveLength(11);
  });

  it('does not depend on the order in which runs ended', () => {
    const reversed = paperGrid.map(cell => ({
      ...cell,
      accuracies: Object.fromEntries(Object.entries(cell.accuracies).reverse()),
    }));
    expect(JSON.stringify(sampleResults(reversed))).toBe(JSON.stringify(results));
  });
});
