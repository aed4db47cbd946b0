// Writes src/spec/sweep.generated.ts from schema/sweep.schema.json, the single source of the spec's types.
// The types describe a spec whose defaults are filled in, which is what the program works with: a setting that has
// a default is always there.
import { readFileSync, writeFileSync } from 'node:fs';
import { isUpToDate } from './up-to-date.js';

const [source, output] = ['schema/sweep.schema.json', 'src/spec/sweep.generated.ts'];
if (isUpToDate(output, source, 'tools/generate-types.js')) process.exit();

const { compile } = await import('json-schema-to-typescript');
const schema = JSON.parse(readFileSync(source, 'utf8'));
const banner =
  '// Generated from schema/sweep.schema.json by `npm run generate`; edit the schema, not this file.';

const at = pointer =>
  pointer
    .slice(2)
    .split('/')
    .reduce((node, key) => node[key], schema);
const hasDefault = node => 'default' in node || ('$ref' in node && hasDefault(at(node.$ref)));

/**
 * The schema as the type generator reads it well: defaults made required, tuples as of draft 7, and without what would
 * only bloat the types (titles of settings would each become a type, bounds on lists would become tuples).
 */
function resolved(node) {
  if (Array.isArray(node)) return node.map(resolved);
  if (node === null || typeof node !== 'object') return node;
  if ('$ref' in node) return { $ref: node.$ref };
  const { title: _, default: __, minItems: ___, maxItems: ____, prefixItems, ...rest } = node;
  const copy = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, resolved(value)]));
  if (prefixItems)
    return { ...copy, items: resolved(prefixItems), additionalItems: false, minItems: prefixItems.length };
  if (!node.properties) return copy;
  const defaulted = Object.keys(node.properties).filter(key => hasDefault(node.properties[key]));
  return { ...copy, required: [...new Set([...(node.required ?? []), ...defaulted])] };
}

const types = await compile(resolved(schema), 'SweepSpec', {
  bannerComment: banner,
  unreachableDefinitions: true,
});
const noise =
  / \*\n \* This interface was referenced by `SweepSpec`'s JSON-Schema\n \* via the `definition` "\w+"\.\n/g;
writeFileSync(output, types.replace(noise, ''));
