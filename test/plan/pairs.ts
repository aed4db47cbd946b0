import { configurationSchema, discriminator, follow, type Schema } from '../../src/spec/schema.ts';

/** What the schema says of a setting: values that it may have, and what the settings around it must be for that. */
export interface Known {
  readonly values: readonly unknown[];
  /** The methods of the variants that the setting belongs to, by their paths. */
  readonly methods: Readonly<Record<string, unknown>>;
}

/** Of the setting at `path`: of its default, its examples, its enumeration, its bounds. */
export function knownOf(path: string): Known {
  const methods: Record<string, unknown> = {};
  let schema = configurationSchema;
  let above = '';
  for (const key of path.split('.')) {
    const variant = variants(schema).find(({ properties = {} }) => Object.hasOwn(properties, key));
    if (variant === undefined)
      throw new Error(`Expected \`${path}\` to be in the schema, found no \`${key}\``);
    const method = discriminator(variant);
    if (method !== undefined && method !== key)
      methods[`${above}${method}`] = variant.properties![method]!.const;
    // Of a method each variant has its own.
    schema =
      method === key
        ? { oneOf: variants(schema).flatMap(one => one.properties?.[key] ?? []) }
        : variant.properties![key]!;
    above += `${key}.`;
  }
  return { values: valuesOf(schema), methods };
}

/** A schema, or all that it may be one of. */
function variants(schema: Schema): Schema[] {
  const { oneOf, ...own } = follow(schema);
  return oneOf === undefined ? [own] : oneOf.flatMap(variants);
}

/** Each once, those first that somebody has thought of. */
function valuesOf(schema: Schema): unknown[] {
  const { default: usual, examples = [] } = follow(schema);
  const values = [usual, ...examples, ...variants(schema).flatMap(valuesOfVariant)];
  const defined = values.filter(value => value !== undefined);
  return [...new Map(defined.map(value => [JSON.stringify(value), value])).values()];
}

function valuesOfVariant(schema: Schema): unknown[] {
  const { default: usual, examples = [], minimum, maximum, items } = schema;
  return [
    ...('const' in schema ? [schema.const] : []),
    ...(schema.enum ?? []),
    ...(schema.type === 'boolean' ? [true, false] : []),
    ...[usual, ...examples],
    ...(items ? valuesOf(items).map(value => [value]) : []),
    ...[minimum, maximum],
    ...(schema.type === 'object' ? mappings(schema) : []),
  ];
}

/** Mappings of what is required, and with one key more. */
function mappings({ properties = {}, required = [] }: Schema): unknown[] {
  const method = discriminator({ properties });
  const first = (key: string) => valuesOf(properties[key]!)[0];
  const needed = [...required, ...(method === undefined ? [] : [method])].filter(key => properties[key]);
  const least = Object.fromEntries(needed.map(key => [key, first(key)]));
  const more = Object.entries(properties).flatMap(([key, property]) =>
    key === method ? [] : valuesOf(property).map(value => ({ ...least, [key]: value })),
  );
  return [least, ...more];
}
