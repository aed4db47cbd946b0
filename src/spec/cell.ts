import { canonicalJson } from '../canonical-json.ts';
import type { Assignment } from './assignment.ts';
import type { Configuration } from './configuration.ts';
import { hasEntries, isMapping, valueAt, withValue } from './pointer.ts';
import {
  configurationSchema,
  discriminator,
  follow,
  type Schema,
  variantOf,
  withDefaults,
} from './schema.ts';
import { type Checked, check } from './validate.ts';

/** One point of the grid: a configuration without a seed. */
export interface Cell {
  /** Names the cell's folder: readable values and a hash of the whole configuration. */
  id: string;
  /** The values of the grid's paths in this cell. */
  values: Record<string, unknown>;
  configuration: Configuration;
}

/** Long enough to tell cells apart at a glance, short enough for every file system's limit on names (255 bytes). */
const MAX_SLUG = 80;

/**
 * The base with the assignments applied in order and the defaults filled in: data of which nothing is known until
 * `configurationOf` has checked it.
 * A setting that belongs to another method than the one assigned (`uniform` in a cell with `sampler.method: all`) is
 * left out, so that a grid over methods can share one block of settings; so is the setting of an entry (`phases.1.batch`)
 * that the cell's list does not have.
 */
export function draftOf(base: unknown, assignments: readonly Assignment[]): unknown {
  const assigned = assignments.reduce((data, { path, value }) => {
    const keys = path.split('.');
    return hasEntries(data, keys) ? withValue(data, keys, value) : data;
  }, base);
  return withDefaults(configurationSchema, assignments.reduce(withoutForeignKeys, assigned));
}

/** The configuration that a draft is, with the default that follows from its values; or what the schema minds. */
export function configurationOf(draft: unknown): Checked<Configuration> {
  const checked = check('configuration', draft);
  if (!checked.ok) return checked;
  const { evaluateEvery = Math.max(1, Math.round(checked.value.iterations / 10)), ...rest } = checked.value;
  return { ok: true, value: { ...rest, evaluateEvery } };
}

function withoutForeignKeys(data: unknown, { path }: Assignment): unknown {
  const keys = path.split('.');
  const parent = keys.slice(0, -1);
  const schema = parent.reduce<Schema | undefined>(
    (node, key) => node && (follow(node).properties?.[key] as Schema | undefined),
    configurationSchema,
  );
  const variants = (schema && follow(schema).oneOf) ?? [];
  const value = valueAt(data, parent.join('.'));
  const chosen = schema && variantOf(follow(schema), value);
  if (chosen === undefined || !isMapping(value) || discriminator(follow(chosen)) !== keys.at(-1)) return data;
  const known = new Set(variants.flatMap(variant => Object.keys(follow(variant).properties ?? {})));
  const own = follow(chosen).properties ?? {};
  const kept = Object.entries(value).filter(([key]) => Object.hasOwn(own, key) || !known.has(key));
  return withValue(data, parent, Object.fromEntries(kept));
}

/** A cell of a valid configuration, whose hash is `content`; so its id does not depend on the order of keys in the spec. */
export function cellOf(
  configuration: Configuration,
  content: string,
  axes: readonly string[],
  assignments: readonly Assignment[],
): Cell {
  const values: Record<string, unknown> = {};
  for (const path of axes) {
    const given = assignments.findLast(one => one.path === path);
    const value = given ? given.value : valueAt(configuration, path);
    if (value !== undefined) values[path] = value;
  }
  // Only what the grid assigns to this very cell: an include for another one must not rename this one's folder.
  const assigned = Object.entries(values).filter(([path]) => assignments.some(one => one.path === path));
  return { id: `${slugOf(assigned)}-${content.slice(0, 8)}`, values, configuration };
}

/** Phases by their names, all else as it is. */
function named(value: unknown): unknown {
  const names = Array.isArray(value) ? value.map(item => (isMapping(item) ? item.name : undefined)) : [];
  return names.length > 0 && names.every(name => name !== undefined) ? names : value;
}

function slugOf(values: readonly (readonly [string, unknown])[]): string {
  const words = [...values]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, value]) => `${path.split('.').at(-1)}-${canonicalJson(named(value))}`)
    .map(word => word.replace(/[^A-Za-z0-9.]+/g, '-').replace(/^-+|-+$/g, ''));
  const slug = words
    .join('_')
    .toLowerCase()
    .slice(0, MAX_SLUG)
    .replace(/[-_.]+$/, '');
  return slug === '' ? 'cell' : slug;
}
