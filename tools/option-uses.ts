// The named options of the method, from the schema, and the experiments that use each.
import { readdirSync } from 'node:fs';
import { loadSpec } from '../src/spec/load.ts';
import { valueAt } from '../src/spec/pointer.ts';
import { configurationSchema, follow, type Schema } from '../src/spec/schema.ts';

/** A setting and one of the names that it takes. */
export interface NamedOption {
  readonly path: string;
  readonly value: unknown;
}

/** The parts of a configuration that say how a network is represented. */
const parts = ['predictor', 'permutation', 'sampler', 'losses', 'optimizer', 'schedule', 'clip'];

/** Names of networks, data and losses, which stand in other parts too. */
const elsewhere = /^target\.train\.(augment|teacher|distillation)\b/;

/** Every setting of those parts that is a choice among names, with each name. */
export function optionsOf(): NamedOption[] {
  const ofTarget = follow(configurationSchema.properties!.target!).properties!.train!;
  const found = [
    ...parts.flatMap(part => namesIn(part, configurationSchema.properties![part]!)),
    ...namesIn('target.train', ofTarget).filter(({ path }) => !elsewhere.test(path)),
  ];
  return found.filter(
    (option, i) => found.findIndex(({ path, value }) => path === option.path && value === option.value) === i,
  );
}

function namesIn(path: string, schema: Schema): NamedOption[] {
  const { enum: names, const: name, properties = {}, oneOf = [] } = follow(schema);
  const own = (names ?? (name === undefined ? [] : [name])).map(value => ({ path, value }));
  const inner = Object.entries(properties).flatMap(([key, property]) => namesIn(`${path}.${key}`, property));
  return [...own, ...inner, ...oneOf.flatMap(variant => namesIn(path, variant))];
}

const experiments = () =>
  readdirSync('experiments')
    .filter(name => name.endsWith('.yaml'))
    .map(name => {
      const spec = loadSpec(`experiments/${name}`);
      return { name, cells: spec.ok ? spec.sweep.cells : [] };
    });

let loaded: ReturnType<typeof experiments> | undefined;

/** The files in experiments/ in which a cell has the option. */
export function usesOf({ path, value }: NamedOption): string[] {
  loaded ??= experiments();
  return loaded
    .filter(({ cells }) => cells.some(({ configuration }) => valueAt(configuration, path) === value))
    .map(({ name }) => name);
}
