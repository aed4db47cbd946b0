import { existsSync, readdirSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { loadSpec } from '../../src/spec/load.ts';
import { renderDiagnostics } from '../../src/spec/render.ts';
import {
  configurationSchema,
  follow,
  type Schema,
  settingPaths,
  sweepSchema,
  withDefaults,
} from '../../src/spec/schema.ts';
import { parseSpec } from '../../src/spec/sweep.ts';

const ajv = new Ajv2020({ strict: false });
ajv.addSchema(sweepSchema, 'sweep');

/** Whether the value is right for the schema at a place of the schema file. */
const valid = (pointer: string, value: unknown) => ajv.getSchema(`sweep#${pointer}`)!(value);

/** Every mapping of the schema file with its place in it. */
const mappings: [string, Schema][] = [
  ['', sweepSchema],
  ...Object.entries(sweepSchema.$defs!).map(([name, schema]): [string, Schema] => [`/$defs/${name}`, schema]),
].filter((entry): entry is [string, Schema] => (entry[1] as Schema).properties !== undefined);

const settings = mappings.flatMap(([pointer, { properties = {} }]) =>
  Object.entries(properties).map(([key, schema]) => ({ pointer: `${pointer}/properties/${key}`, schema })),
);

test('is a schema of draft 2020-12', () => {
  expect(ajv.validateSchema(sweepSchema)).toBe(true);
});

test.each(mappings)('the mapping %s is strict and explained', (_, schema) => {
  expect(schema.additionalProperties).toBe(false);
  expect(schema.description).toMatch(/\.$/);
});

test.each(settings)(
  '$pointer is explained, and its default and examples are right',
  ({ pointer, schema }) => {
    const { title, description, examples, default: value, type, const: constant, oneOf } = follow(schema);
    expect(title).toMatch(/^[A-Z]/);
    expect(description).toMatch(/\.$/);
    const leaf = type !== 'object' && constant === undefined && !oneOf;
    if (leaf && !pointer.startsWith('/$defs/Normalization')) expect(examples?.length).toBeGreaterThan(0);
    for (const example of examples ?? []) expect([example, valid(pointer, example)]).toEqual([example, true]);
    if (value !== undefined)
      expect([value, valid(pointer, withDefaults(schema, value))]).toEqual([value, true]);
  },
);

test('a spec has the settings of a configuration', () => {
  const own = Object.entries(sweepSchema.properties!).filter(([, { $ref }]) =>
    $ref?.startsWith('#/$defs/Configuration/'),
  );
  expect(Object.fromEntries(own)).toEqual(
    Object.fromEntries(
      Object.keys(configurationSchema.properties!).map(key => [
        key,
        { $ref: `#/$defs/Configuration/properties/${key}` },
      ]),
    ),
  );
});

test('the paths are those of the configuration', () => {
  const pathsOf = (schema: Schema, path: string): string[] => {
    const { properties = {}, oneOf = [] } = follow(schema);
    const inner = Object.entries(properties).flatMap(([key, property]) =>
      pathsOf(property, path ? `${path}.${key}` : key),
    );
    return [...(path ? [path] : []), ...inner, ...oneOf.flatMap(variant => pathsOf(variant, path))];
  };
  expect([...settingPaths].sort()).toEqual([...new Set(pathsOf(configurationSchema, ''))].sort());
});

test('every path can be an axis of the grid, with the example of its setting', () => {
  const exampleAt = (schema: Schema | undefined, keys: string[]): unknown => {
    if (schema === undefined) return undefined;
    const { properties, oneOf, examples, const: constant } = follow(schema);
    const [key, ...rest] = keys;
    if (key === undefined) return constant ?? examples?.[0] ?? {};
    const variants = [properties, ...(oneOf ?? []).map(variant => follow(variant).properties)];
    return variants.map(variant => exampleAt(variant?.[key], rest)).find(example => example !== undefined);
  };
  /** What a setting needs beside it: the method it belongs to, and what that method or the setting asks for. */
  const surroundings = (path: string): Record<string, unknown> => {
    const [parents, key] = [path.split('.').slice(0, -1), path.split('.').at(-1)!];
    const parent = parents.reduce<Schema | undefined>(
      (node, name) => node && follow(node).properties?.[name],
      configurationSchema,
    );
    const owner = parent && follow(parent).oneOf?.find(one => follow(one).properties?.[key]);
    const method = owner && follow(owner).properties?.method?.const;
    const beside =
      path === 'clip.scope'
        ? { norm: 1 }
        : path.startsWith('data.') && path.endsWith('.labels')
          ? { images: 'a.npz' }
          : /augment\.mix\.(probability|switch|mode)$/.test(path)
            ? { mixup: 0.1 }
            : method === undefined || key === 'method'
              ? undefined
              : { method };
    return (
      parents.reduceRight<Record<string, unknown> | undefined>(
        (inner, name) => inner && { [name]: inner },
        beside,
      ) ?? {}
    );
  };
  const wholes = {
    'compression.fineTune': { iterations: 10 },
    target: { network: 'resnet8', dataset: 'procedural' },
    'target.from': { sweep: 'runs/a' },
    'data.arrays.train': { images: 'train.npz' },
    'data.arrays.test': { images: 'test.npz' },
  };
  const teacher = { network: 'resnet8', weights: 'b.th' };
  const around = (path: string): Record<string, unknown> => {
    if (path.startsWith('teacher.')) return { teacher, beta: 0 };
    return path.startsWith('target.train.teacher.') ? { target: { train: { teacher } } } : surroundings(path);
  };
  for (const path of settingPaths.filter(path => !/normalize\.(mean|std)$/.test(path))) {
    const value =
      path in wholes ? wholes[path as keyof typeof wholes] : exampleAt(configurationSchema, path.split('.'));
    const text = stringify({
      name: 'x',
      ...around(path),
      target: {
        network: 'resnet8',
        // Images in folders are the ones that are resized.
        dataset: /augment\.(crop|interpolation)/.test(path) ? 'folder' : 'procedural',
        ...(path.startsWith('target.train')
          ? {}
          : path.startsWith('target.from')
            ? { from: { sweep: 'runs/a' } }
            : { weights: 'a.th' }),
        ...(around(path).target as object | undefined),
      },
      ...(path === 'compression.fineTune.lr' ? { compression: { fineTune: { iterations: 10 } } } : {}),
      ...(path === 'select.split' ? { data: { heldOut: 10 } } : {}),
      matrix: { [path]: [value] },
    });
    const result = parseSpec(text, path);
    expect(result.ok ? '' : renderDiagnostics(result.diagnostics, result.sources, false)).toBe('');
  }
});

const experiments = existsSync('experiments')
  ? readdirSync('experiments').filter(name => name.endsWith('.yaml'))
  : [];

test.skipIf(experiments.length === 0)('the experiments are right specs', () => {
  for (const name of experiments) {
    const result = loadSpec(`experiments/${name}`);
    expect(result.ok ? '' : renderDiagnostics(result.diagnostics, result.sources, false)).toBe('');
  }
});
