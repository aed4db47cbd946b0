import { readFileSync } from 'node:fs';
import { isMapping, type Mapping } from './pointer.ts';

/** The part of JSON Schema 2020-12 that schema/sweep.schema.json uses. */
export interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  title?: string;
  description?: string;
  type?: 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean';
  default?: unknown;
  examples?: unknown[];
  const?: unknown;
  enum?: unknown[];
  oneOf?: Schema[];
  not?: Schema;
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  propertyNames?: Schema;
  required?: string[];
  items?: Schema | false;
  prefixItems?: Schema[];
  minProperties?: number;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
}

// Both src/spec and dist/spec are two folders below the package.
const read = (file: string): Schema =>
  JSON.parse(readFileSync(new URL(`../../schema/${file}`, import.meta.url), 'utf8'));

export const sweepSchema: Schema = read('sweep.schema.json');

/** Of files that describe a network. */
export const networkSchema: Schema = read('network.schema.json');

export const configurationSchema: Schema = sweepSchema.$defs!.Configuration!;

/** The keys of a configuration; the other keys of a spec make the grid around it. */
export const configurationKeys: readonly string[] = Object.keys(configurationSchema.properties!);

/** Every dotted path into the configuration. */
export const settingPaths = sweepSchema.$defs!.Path!.enum as readonly string[];

/** The schema that a reference such as `#/$defs/Target` names. */
export const referenced = ($ref: string): Schema =>
  $ref
    .split('/')
    .slice(1)
    .reduce<unknown>((node, key) => (isMapping(node) ? node[key] : undefined), sweepSchema) as Schema;

/** Whether a value may be at these keys of a configuration, of which numbers are entries of lists. */
export function isPlace(keys: readonly string[]): boolean {
  const within = (schema: Schema, key: string): Schema[] => {
    const { properties = {}, items, prefixItems = [], oneOf = [] } = follow(schema);
    const own = Object.hasOwn(properties, key) ? [properties[key]!] : [];
    const entry = /^\d{1,4}$/.test(key)
      ? [prefixItems[Number(key)] ?? items].filter(one => one && one !== undefined)
      : [];
    return [...own, ...(entry as Schema[]), ...oneOf.flatMap(one => within(one, key))];
  };
  return (
    keys.reduce((schemas, key) => schemas.flatMap(one => within(one, key)), [configurationSchema]).length > 0
  );
}

const followed = new WeakMap<Schema, Schema>();

/** The schema that a reference leads to; what is written beside the reference wins. */
export function follow(schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const known = followed.get(schema);
  if (known !== undefined) return known;
  const { $ref, ...beside } = schema;
  const target = { ...follow(referenced($ref)), ...beside };
  followed.set(schema, target);
  return target;
}

/** The key whose constant tells the variants of a setting apart: `method`. */
export const discriminator = (variant: Schema): string | undefined =>
  Object.entries(variant.properties ?? {}).find(([, property]) => 'const' in property)?.[0];

/**
 * The variant of a `oneOf` that a value means to be, judged by its kind and its `method` (absent: the variant whose
 * method is the default), whether or not the rest of it is right. Undefined when it can be none of them.
 */
export function variantOf(schema: Schema, value: unknown): Schema | undefined {
  return schema.oneOf?.find(one => {
    const variant = follow(one);
    if (variant.type === 'array') return Array.isArray(value);
    if (variant.type !== 'object') return !isMapping(value) && (variant.enum ?? []).includes(value);
    if (!isMapping(value)) return false;
    const key = discriminator(variant);
    if (key === undefined) return true;
    const method = variant.properties![key]!;
    return Object.hasOwn(value, key) ? value[key] === method.const : 'default' in method;
  });
}

/** The value with the defaults of its schema filled in, keys in the schema's order; what is wrong in it stays wrong. */
export function withDefaults(schema: Schema, value: unknown): unknown {
  const resolved = follow(schema);
  const chosen = resolved.oneOf ? variantOf(resolved, value) : resolved;
  const items = chosen && follow(chosen).items;
  if (items && Array.isArray(value)) return value.map(item => withDefaults(items, item));
  const properties = chosen && follow(chosen).properties;
  if (properties === undefined || !isMapping(value)) return value;
  const filled: Mapping = {};
  for (const [key, property] of Object.entries(properties)) {
    const own = Object.hasOwn(value, key) ? value[key] : copied(follow(property).default);
    if (own !== undefined) filled[key] = withDefaults(property, own);
  }
  const others = Object.entries(value).filter(([key]) => !Object.hasOwn(filled, key));
  return others.length === 0 ? filled : { ...filled, ...Object.fromEntries(others) };
}

/** Mappings are copied as they are filled in; lists here, so that no two cells share one. */
const copied = (value: unknown) => (Array.isArray(value) ? [...value] : value);
