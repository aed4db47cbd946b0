// The text of docs/spec.md, from the schema and the limits in the code. test/spec/reference.test.ts compares the two;
// `npx vitest run test/spec/reference.test.ts -u` writes the file anew.
import { describe } from '../src/spec/describe.ts';
import { MAX_CELLS } from '../src/spec/grid.ts';
import { follow, type Schema, sweepSchema } from '../src/spec/schema.ts';
import { MAX_RUNS } from '../src/spec/sweep.ts';
import { MAX_DEPTH, MAX_SPEC_BYTES, MAX_VALUES } from '../src/spec/yaml.ts';

const count = (n: number) => n.toLocaleString('en-US');

const intro = `# The spec

<!-- Generated from schema/sweep.schema.json; edit the schema. -->

A spec is one YAML 1.2 file. It holds one configuration, the grid of changes to it (\`matrix\`, \`zip\`, \`include\`,
\`exclude\`), and how often each cell of the grid is trained (\`repeats\` or \`seeds\`). This first line makes editors
with a YAML language server complete and explain it:

\`\`\`yaml
# yaml-language-server: $schema=../schema/sweep.schema.json
name: cifar10
target: { network: resnet20, dataset: cifar10, weights: resnet20-12fca82f.th }
matrix:
  predictor.hidden: [140, 160, 180]
  permutation: [none, in-filter, cross-filter]
exclude:
  - { predictor.hidden: 140, permutation: none }
include:
  - { predictor.hidden: 180, iterations: 90000 }
report: { rows: predictor.hidden, columns: permutation }
\`\`\`

The spec is strict: an unknown or repeated key, a value of another kind or outside its range, and a combination that
cannot work are errors, all reported at once with their place, before anything runs:

![What three wrong specs give](results/spec-errors.svg)
`;

const outro = `## The grid

Each key of \`matrix\`, \`zip\`, \`include\` and \`exclude\` is a path into the configuration with dots between its keys
(\`predictor.hidden\`); it may also name a whole part (\`sampler: [{ method: all }, { method: uniform, batch: 1024 }]\`),
which then replaces that part. Two paths of which one lies in the other cannot both be in \`matrix\` and \`zip\`.

- \`matrix\`: every combination of one value from each list, in the order written, the last key fastest.
- \`zip\`: lists of equal length that advance together. They multiply with the matrix and vary fastest.
- \`exclude\`: removes every combination that has all the values of an entry, as in GitHub Actions. Only keys of
  \`matrix\` and \`zip\` can be named. An entry that removes nothing is an error: it is most likely mistyped.
- \`include\`: comes after \`exclude\`, as in GitHub Actions. An entry adds its further keys to every combination that has
  its \`matrix\` and \`zip\` values (to all, if it names none); it may overwrite what an earlier entry added, never a value
  of the grid. One whose values no combination has becomes a cell of its own. Unlike in GitHub Actions such an entry must
  give every \`matrix\` and \`zip\` key; one that leaves some out is taken for mistyped. So is one that adds nothing. In a
  spec without \`matrix\` and \`zip\` every entry is a cell.

A setting that belongs to another \`method\` than the one given is an error. Where the grid sets the method, such settings
are left out of the cells they do not fit, so that \`sampler.method: [magnitude, all]\` can share one \`sampler\`.
Two cells with the same configuration are an error.

A cell's folder is named after its values and a hash of its whole configuration; the order of keys does not matter.

## From the command line

\`--set path=value\` sets a path in every cell, whatever the spec and its grid say; the value is YAML. A path that is a
\`matrix\` or \`zip\` key keeps that one value, and entries of \`exclude\` and \`include\` that name another one no longer apply.
\`--set matrix.path='[...]'\` and \`--set zip.path='[...]'\` replace or add an axis; \`name\`, \`repeats\`, \`seeds\`, \`include\`,
\`exclude\` and \`report.*\` can be set too. \`--repeats N\` takes the place of \`repeats\` and \`seeds\`.
A number in a path is an entry of a list, counted from 0: \`--set phases.1.iterations=100\` scales down a second phase, in
every cell whose \`phases\` is a list that has one.

## Limits

| Limit | Why |
| --- | --- |
| ${count(MAX_CELLS)} cells | each is hours of training; counted before the grid is expanded |
| ${count(MAX_RUNS)} runs (cells times seeds) | each is a process and a folder |
| ${count(MAX_SPEC_BYTES)} bytes, ${count(MAX_VALUES)} values after expanding aliases, ${MAX_DEPTH} levels | a spec is written by hand; a hostile one must not exhaust memory |
`;

/** The spec reference in Markdown. */
export function specReference(): string {
  const top = section('Keys', sweepSchema, 2);
  const parts = Object.entries(sweepSchema.properties ?? {}).flatMap(([key, schema]) =>
    sectionsOf(key, schema),
  );
  return [intro, top, ...parts, outro].join('\n');
}

/** A section for a mapping and each mapping in it; one for each variant of a setting that has variants. */
function sectionsOf(path: string, schema: Schema): string[] {
  const resolved = follow(schema);
  const variants = (resolved.oneOf ?? []).map(follow).filter(variant => variant.properties);
  if (variants.length > 0) {
    return variants
      .map(variant => {
        const method = variant.properties?.method?.const;
        return section(
          method === undefined ? `\`${path}\`` : `\`${path}\`, method \`${method}\``,
          variant,
          3,
        );
      })
      .concat(variants.flatMap(variant => nested(path, variant)));
  }
  return resolved.properties ? [section(`\`${path}\``, resolved, 3), ...nested(path, resolved)] : [];
}

const nested = (path: string, { properties = {} }: Schema) =>
  Object.entries(properties).flatMap(([key, schema]) => sectionsOf(`${path}.${key}`, schema));

function section(title: string, schema: Schema, level: number): string {
  const rows = Object.entries(schema.properties ?? {}).map(([key, property]) => {
    const { description, ...rest } = follow(property);
    const required = schema.required?.includes(key) && rest.const === undefined;
    return `| \`${key}\` | ${admits(rest)} | ${required ? 'required' : defaultOf(rest)} | ${cell(description ?? '')} |`;
  });
  const head = ['| Key | Value | Default | Meaning |', '| --- | --- | --- | --- |'];
  return [`${'#'.repeat(level)} ${title}`, '', schema.description ?? '', '', ...head, ...rows, ''].join('\n');
}

const admits = (schema: Schema) => cell(describe(schema));

const defaultOf = ({ default: value }: Schema) =>
  value === undefined || (typeof value === 'object' && !Array.isArray(value))
    ? ''
    : `\`${JSON.stringify(value).replaceAll('"', '')}\``;

const cell = (text: string) => text.replaceAll('|', '\\|');
