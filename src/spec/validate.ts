import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { canonicalJson } from '../canonical-json.ts';
import { describe, found, rewritten } from './describe.ts';
import type { Diagnostic } from './diagnostic.ts';
import { axisMeant, keyMeant, listMeant, mappingMeant } from './mend.ts';
import { below, isMapping, keysOf, type Mapping, type Pointer } from './pointer.ts';
import {
  discriminator,
  follow,
  networkSchema,
  referenced,
  type Schema,
  settingPaths,
  sweepSchema,
  variantOf,
} from './schema.ts';
import { didYouMean } from './suggest.ts';
import type { Configuration as ConfigurationOfSchema } from './sweep.generated.ts';
import { listed, quote } from './text.ts';

/** A diagnostic before its place in the text is known: it is about a value, or about the key of that value. */
export interface Problem extends Omit<Diagnostic, 'file' | 'range'> {
  pointer: Pointer;
  at: 'key' | 'value';
}

/** More than anyone reads; a hostile spec can have tens of thousands, and each costs a search for the nearest key. */
const MAX_ERRORS = 1000;

const ajv = new Ajv2020({ allErrors: true, verbose: true, strict: false, inlineRefs: false });
// Ajv's own looks for `valueOf` in the data, which a spec may have as a key and a mapping without a prototype lacks; and
// it compares each value with each.
ajv.removeKeyword('uniqueItems').addKeyword({
  keyword: 'uniqueItems',
  type: 'array',
  schemaType: 'boolean',
  validate: allDiffer,
});
ajv.addSchema(sweepSchema, 'sweep');
ajv.addSchema(networkSchema, 'network');
const validators = {
  spec: ajv.getSchema('sweep')!,
  configuration: ajv.getSchema('sweep#/$defs/Configuration')!,
  network: ajv.getSchema('network')!,
};

/** What data is once its schema has passed it. */
interface Passed {
  configuration: ConfigurationOfSchema;
  network: Mapping;
}

/** Data that its schema has passed, or what the schema minds: who wants the values has to look which it is. */
export type Checked<Value> = { ok: true; value: Value } | { ok: false; problems: Problem[] };

/**
 * Holds data against the schema of its kind. This is the one place where what somebody wrote becomes a value with a type:
 * no check of meaning gets to see it before.
 */
export function check<Kind extends keyof Passed>(kind: Kind, data: unknown): Checked<Passed[Kind]> {
  const problems = validate(kind, data);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: data as Passed[Kind] };
}

/** Everything in which the data departs from the schema of its kind, one problem for each mistake. */
export function validate(kind: keyof typeof validators, data: unknown): Problem[] {
  const validator = validators[kind];
  if (validator(data)) return [];
  const errors = withoutRejectedVariants(withoutNameErrors(validator.errors ?? []).slice(0, MAX_ERRORS));
  const problems = errors.map(problemOf);
  return [
    ...new Map(
      problems.map(problem => [`${problem.code} ${problem.at} ${problem.pointer}`, problem]),
    ).values(),
  ];
}

allDiffer.errors = [] as Partial<ErrorObject>[];

function allDiffer(_isAsked: boolean, values: readonly unknown[]): boolean {
  const first = new Map<string, number>();
  for (const [i, value] of values.entries()) {
    const content = canonicalJson(value);
    const j = first.get(content);
    if (j !== undefined) {
      allDiffer.errors = [{ keyword: 'uniqueItems', params: { i, j } }];
      return false;
    }
    first.set(content, i);
  }
  return true;
}

/** A key that is no path is announced by `propertyNames`; what exactly its schema minds adds nothing. */
function withoutNameErrors(errors: readonly ErrorObject[]): ErrorObject[] {
  const named = new Set(
    errors.filter(({ keyword }) => keyword === 'propertyNames').map(error => error.instancePath),
  );
  return errors.filter(({ keyword, instancePath }) => keyword !== 'enum' || !named.has(instancePath));
}

/**
 * Of a setting with variants (`optimizer` by its `method`), keeps the errors of the variant that is meant; when it can
 * be none of them, the one error that says so.
 */
function withoutRejectedVariants(errors: readonly ErrorObject[]): ErrorObject[] {
  return errors
    .filter(error => error.keyword === 'oneOf')
    .reduce<ErrorObject[]>(
      (kept, { instancePath, parentSchema, data, params, keyword }) => {
        const meant = variantOf(parentSchema as Schema, data);
        const admitted = meant && schemasWithin(meant);
        return kept.filter(error => {
          if (error.instancePath !== instancePath && !error.instancePath.startsWith(`${instancePath}/`))
            return true;
          if (error.keyword === keyword && error.params === params) return meant === undefined;
          if (!belongsToVariants(parentSchema as Schema, error)) return true;
          return admitted?.has(error.parentSchema as Schema) ?? false;
        });
      },
      [...errors],
    );
}

const belongsToVariants = (schema: Schema, error: ErrorObject): boolean =>
  (schema.oneOf ?? []).some(variant => schemasWithin(variant).has(error.parentSchema as Schema));

/** The schema objects that a schema is made of, references followed; by identity. */
function schemasWithin(schema: Schema, within = new Set<Schema>()): Set<Schema> {
  if (within.has(schema)) return within;
  within.add(schema);
  if (schema.$ref !== undefined) schemasWithin(referenced(schema.$ref), within);
  for (const inner of [
    ...Object.values(schema.properties ?? {}),
    ...(schema.prefixItems ?? []),
    ...(schema.oneOf ?? []),
    ...(schema.items ? [schema.items] : []),
  ]) {
    schemasWithin(inner, within);
  }
  return within;
}

function problemOf(error: ErrorObject): Problem {
  const pointer = error.instancePath;
  const schema = error.parentSchema as Schema;
  switch (error.keyword) {
    case 'propertyNames':
      return unknownPath(pointer, error.params.propertyName, error.data);
    case 'additionalProperties':
      return unknownKey(pointer, error.params.additionalProperty, schema, error.data);
    case 'required': {
      const key: string = error.params.missingProperty;
      const message = `Missing key ${quote(key)}${inside(pointer)}`;
      const expected = describe(schema.properties?.[key] ?? {});
      return { code: 'missing-key', pointer: below(pointer, key), at: 'key', message, expected };
    }
    case 'not':
      return {
        code: 'repeats-and-seeds',
        pointer: '/seeds',
        at: 'key',
        message: 'Expected either `repeats` or `seeds`, got both',
        hint: '`repeats: N` means the seeds 0 to N-1',
      };
    case 'uniqueItems': {
      const index = Math.max(error.params.i, error.params.j);
      const message = `Expected ${quote(nameOf(pointer))} to hold different values, got ${found((error.data as unknown[])[index])} twice`;
      return { code: 'wrong-value', pointer: below(pointer, index), at: 'value', message };
    }
    case 'oneOf':
      return variantProblem(pointer, schema, error.data);
    default:
      return wrongValue(pointer, schema, error.data);
  }
}

function wrongValue(pointer: Pointer, schema: Schema, value: unknown): Problem {
  const variants = [schema, ...(schema.oneOf ?? []).map(follow)];
  const rewrite =
    variants.map(variant => rewritten(value, variant)).find(hint => hint !== undefined) ??
    (listMeant(value, nameOf(pointer), schema) ?? mappingMeant(value, schema))?.hint;
  const named = variants.flatMap(variant => variant.enum ?? []);
  const choices = named.filter(choice => typeof choice === 'string');
  return {
    code: 'wrong-value',
    pointer,
    at: 'value',
    message: `Expected ${pointer === '' ? 'the spec' : quote(nameOf(pointer))} to be ${describe(schema)}, got ${found(value)}`,
    ...(rewrite !== undefined
      ? { hint: rewrite }
      : typeof value === 'string'
        ? didYouMean(value, choices)
        : {}),
  };
}

function variantProblem(pointer: Pointer, schema: Schema, value: unknown): Problem {
  const variants = (schema.oneOf ?? []).map(follow);
  const key = variants[0] && discriminator(variants[0]);
  if (key === undefined || !isMapping(value)) return wrongValue(pointer, schema, value);
  return wrongValue(
    below(pointer, key),
    { enum: variants.map(variant => variant.properties?.[key]?.const) },
    value[key],
  );
}

function unknownKey(pointer: Pointer, key: string, schema: Schema, data: unknown): Problem {
  const known = Object.keys(schema.properties ?? {});
  const about = { pointer: below(pointer, key), at: 'key' as const, expected: listed(known.map(quote)) };
  const method = discriminator(schema);
  if (method !== undefined && settingPaths.includes([...keysOf(pointer), key].join('.'))) {
    const chosen =
      isMapping(data) && Object.hasOwn(data, method) ? data[method] : schema.properties?.[method]?.default;
    const message = `${quote(key)} is not a setting of ${quote(`${nameOf(below(pointer, method))}: ${chosen}`)}`;
    return { code: 'foreign-key', message, ...about };
  }
  const hint =
    key === '<<'
      ? { hint: 'write the keys out, or use an alias for a whole value' }
      : (keyMeant(keysOf(pointer), key, isMapping(data) ? data[key] : undefined) ?? {
          ...didYouMean(key, settingPaths),
          ...didYouMean(key, known),
        });
  return { code: 'unknown-key', message: `Unknown key ${quote(key)}${inside(pointer)}`, ...about, ...hint };
}

/** A key of the grid that is no path into the configuration. */
function unknownPath(pointer: Pointer, path: string, data: unknown): Problem {
  return {
    code: 'unknown-path',
    pointer: below(pointer, path),
    at: 'key',
    message: `Unknown path ${quote(path)}${inside(pointer)}`,
    expected: 'a setting of the spec, with dots between its keys',
    ...(axisMeant(path, isMapping(data) ? data[path] : undefined) ?? didYouMean(path, settingPaths)),
  };
}

const inside = (pointer: Pointer) => (pointer === '' ? '' : ` in ${quote(nameOf(pointer))}`);

/** A pointer as people write it: `include[0].alpha`; the empty one is the spec itself. */
function nameOf(pointer: Pointer): string {
  const name = keysOf(pointer).map(key => (/^\d+$/.test(key) ? `[${key}]` : `.${key}`));
  return pointer === '' ? 'spec' : name.join('').replace(/^\./, '');
}
