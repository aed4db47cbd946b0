// Writes src/spec/sweep.generated.ts from schema/sweep.schema.json, the single source of the spec's types.
import { readFileSync, writeFileSync } from 'node:fs';
import { compile } from 'json-schema-to-typescript';

const schema = JSON.parse(readFileSync('schema/sweep.schema.json', 'utf8'));
const banner = '// Generated from schema/sweep.schema.json by `npm run generate`; edit the schema, not this file.';
const types = await compile(schema, 'SweepSpec', { bannerComment: banner, additionalProperties: false });
writeFileSync('src/spec/sweep.generated.ts', types);
