import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { datasets, oodSets } from '../../src/catalogue/datasets.ts';
import { engineNames, shortNames } from '../../src/catalogue/engines.ts';
import { derived, documents, numbers, numbersThat } from '../../src/catalogue/measures.ts';

const schema = JSON.parse(readFileSync('schema/sweep.schema.json', 'utf8'));
const { Configuration, Target, Select, TargetFrom, Report, Ood } = schema.$defs;

/** What the schema lets a setting be, beside the records that this program goes by. */
const enumerations: [string, string[], string[]][] = [
  ['evaluate', Configuration.properties.evaluate.items.enum, Object.keys({ ...numbers, ...documents })],
  ['select.measure', Select.properties.measure.enum, numbersThat(({ selects }) => selects)],
  ['target.from.measure', TargetFrom.properties.measure.enum, numbersThat(({ selects }) => selects)],
  ['report.metric', Report.properties.metric.enum, [...Object.keys(numbers), 'best-accuracy']],
  ['target.dataset', Target.properties.dataset.enum, Object.keys(datasets)],
  ['ood.set', Ood.properties.set.enum, Object.keys(oodSets)],
  ['device', schema.properties.device.enum, ['auto', ...shortNames.keys(), ...engineNames]],
];

describe('the schema and the catalogue', () => {
  it.each(enumerations)('name the same for `%s`', (_, enumerated, known) => {
    expect([...enumerated].sort()).toEqual([...known].sort());
  });

  it('tell of a metric that no measure has', () => {
    expect(Object.keys(derived).filter(name => name in numbers)).toEqual([]);
  });
});
