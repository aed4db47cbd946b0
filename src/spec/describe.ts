import { isMapping } from './pointer.ts';
import { follow, type Schema } from './schema.ts';
import { listed, quote } from './text.ts';

/** Longer lists of choices do not help; the nearest one is suggested anyway. */
const MAX_CHOICES = 16;

const KINDS = {
  object: 'a mapping',
  array: 'a list',
  boolean: '`true` or `false`',
  integer: 'an integer',
  number: 'a number',
};

/** What a schema admits, as the end of the sentence "Expected X to be ...". */
export function describe(schema: Schema): string {
  const { type, const: constant, enum: choices, oneOf, examples } = follow(schema);
  if (oneOf && type !== 'object') return listed([...new Set(oneOf.map(describe))]);
  if (constant !== undefined) return quote(constant);
  if (choices && choices.length > MAX_CHOICES) return 'a setting of the spec';
  if (choices) return listed(choices.map(quote));
  if (type === 'integer' || type === 'number')
    return [KINDS[type], bounds(follow(schema))].filter(Boolean).join(' ');
  if (type === 'string') return examples?.[0] === undefined ? 'text' : `text such as ${quote(examples[0])}`;
  if (type === 'array') return list(follow(schema));
  if (type === 'object') return mapping(follow(schema));
  return type === undefined ? 'a value' : KINDS[type];
}

function mapping({ required, minProperties }: Schema): string {
  if (required !== undefined) return `${KINDS.object} with ${listed(required.map(quote), 'and')}`;
  return minProperties === undefined ? KINDS.object : `${KINDS.object} with one or more keys`;
}

function bounds({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Schema): string {
  if (minimum !== undefined && maximum !== undefined) return `from ${minimum} to ${maximum}`;
  const lower =
    minimum !== undefined
      ? `at least ${minimum}`
      : exclusiveMinimum !== undefined && `above ${exclusiveMinimum}`;
  const upper =
    maximum !== undefined
      ? `at most ${maximum}`
      : exclusiveMaximum !== undefined && `below ${exclusiveMaximum}`;
  return listed(
    [lower, upper].filter(bound => bound !== false),
    'and',
  );
}

function list({ items, prefixItems, minItems, maxItems, uniqueItems }: Schema): string {
  const kind = prefixItems?.[0] ?? (items === false ? undefined : items);
  const of = kind === undefined ? '' : `, each ${describe(kind)}`;
  const values = uniqueItems ? 'different values' : 'values';
  if (prefixItems) return `a list of ${prefixItems.length} values${of}`;
  if (minItems === 1 && maxItems === undefined) return `a list of one or more ${values}${of}`;
  if (maxItems !== undefined) return `a list of ${minItems ?? 0} to ${maxItems} ${values}${of}`;
  return `a list${of}`;
}

/** A value as "got ..." says it. */
export function found(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : quote(value);
  if (isMapping(value)) return Object.keys(value).length === 0 ? 'an empty mapping' : 'a mapping';
  // Quotes are part of the mistake when the text looks like what was expected.
  return typeof value === 'string' && looksTyped(value) ? quote(JSON.stringify(value)) : quote(value);
}

const looksTyped = (text: string) =>
  text.trim() === '' || !Number.isNaN(Number(text)) || /^(true|false|null)$/.test(text);

/** How to write what was probably meant as a text, a number, true or false, or a name. */
export function rewritten(value: unknown, schema: Schema): string | undefined {
  const { type, pattern, maxLength } = follow(schema);
  if (type === 'string' && (typeof value === 'number' || typeof value === 'boolean'))
    return 'put it in quotes';
  if (typeof value !== 'string') return undefined;
  const straight = value.replace(/[“”„«»‘’‚]/g, '');
  if (straight !== value && /^[“”„«‘’‚]/.test(value)) return `write ${straight}, without curly quotes`;
  if (value.length > (maxLength ?? value.length)) return `use at most ${maxLength} characters`;
  if (pattern !== undefined && new RegExp(pattern).test('name')) {
    const plain = value.replace(/[^A-Za-z0-9_-]+/g, '-').replace(/^[-_]+|-+$/g, '');
    const isWritable = plain !== value && new RegExp(pattern).test(plain);
    return isWritable
      ? `write ${plain}`
      : 'use letters, digits, `-` and `_`, beginning with a letter or digit';
  }
  if (type === 'integer' || type === 'number') {
    // A comma before three digits may group them; any other one is a decimal comma.
    const point = type === 'number' && /^-?\d+,\d+$/.test(value) && !/,\d{3}$/.test(value);
    const digits = point ? value.replace(',', '.') : value.replace(/[_,'\s]/g, '');
    return digits !== '' && Number.isFinite(Number(digits))
      ? `write ${Number(digits)}, without quotes or separators`
      : undefined;
  }
  if (type !== 'boolean') return undefined;
  if (/^(yes|on|true)$/i.test(value)) return 'write true';
  return /^(no|off|false)$/i.test(value) ? 'write false' : undefined;
}
