import { readFileSync } from 'node:fs';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { Failure } from '../failure.ts';
import { readBounded } from '../files/read.ts';
import { once } from '../once.ts';
import { printable } from '../printable.ts';
import type { CellResults, Results } from './results.ts';

/** Twice what 100,000 runs of thirty measures take; a text of twice that would not fit into a string of Node. */
const maxBytes = 2 ** 28;

/** Values of a grid come from specs, which are not nested deeper. */
const maxDepth = 100;

const schemaVersion = 1;

// Both src/report and dist/report are two folders below the package.
const validator = once(() => {
  const schema = new URL('../../schema/results.schema.json', import.meta.url);
  return new Ajv2020({ verbose: true, allowUnionTypes: true }).compile<Results>(
    JSON.parse(readFileSync(schema, 'utf8')),
  );
});

/**
 * The results in a results.json that anybody may have written. Throws a Failure of kind 'environment' that names the
 * file and the place in it where it is missing, too large, no JSON, of another version, not as
 * schema/results.schema.json says, or contradicts itself.
 */
export async function readResults(file: string): Promise<Results> {
  const bytes = await readBounded(file, maxBytes, 'environment');
  const data = parse(bytes.toString('utf8'), file);
  refuseOddStructure(data, file);
  refuseOtherVersion(data, file);
  const isResults = validator();
  if (!isResults(data)) throw damaged(file, sentenceOf(isResults.errors!.at(-1)!, file));
  const contradiction = data.cells.map(contradictionOf).find(Boolean) ?? repeatedCell(data.cells);
  if (contradiction !== undefined) throw damaged(file, `Expected ${contradiction} in ${file}`);
  return data;
}

const damaged = (file: string, sentence: string) =>
  new Failure(
    'environment',
    sentence,
    'The file was changed or damaged: the command that made it writes it anew from the runs that it has.',
    { path: file },
  );

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw damaged(file, `Expected ${file} to be JSON, got \`${printable((error as Error).message)}\``);
  }
}

/** Before anything walks down recursively, or asks an object for a key that every object has. */
function refuseOddStructure(data: unknown, file: string): void {
  const open: [value: unknown, depth: number][] = [[data, 0]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [value, depth] = next;
    if (typeof value !== 'object' || value === null) continue;
    if (depth > maxDepth) throw damaged(file, `Expected ${file} to be nested at most ${maxDepth} deep`);
    for (const [key, inner] of Object.entries(value)) {
      if (key in Object.prototype)
        throw damaged(file, `Expected ${file} to have names of its own, got the key \`${key}\``);
      open.push([inner, depth + 1]);
    }
  }
}

function refuseOtherVersion(data: unknown, file: string): void {
  const { schemaVersion: found, provenance } = (data ?? {}) as Record<string, unknown>;
  if (found === schemaVersion) return;
  if (found === undefined) {
    throw new Failure(
      'environment',
      `Expected ${file} to be the results of a sweep, found no \`schemaVersion\` in it`,
      'They are in `results.json` in the folder of the sweep.',
    );
  }
  const { version } = (provenance ?? {}) as Record<string, unknown>;
  const writer = typeof version === 'string' ? `, ${printable(version)},` : '';
  throw new Failure(
    'environment',
    `Expected ${file} to have \`schemaVersion\` ${schemaVersion}, got \`${shown(found)}\``,
    `Use the version of nern-sweep that wrote it${writer} or a later one.`,
  );
}

/** What a schema minds, as a sentence. */
function sentenceOf(error: ErrorObject, file: string): string {
  const { instancePath, keyword, params, data, message = '', parentSchema } = error;
  const where = instancePath === '' ? file : `${printable(instancePath)} in ${file}`;
  if (keyword === 'required') return `Expected ${where} to have \`${params.missingProperty}\`, found none`;
  if (keyword === 'additionalProperties')
    return `Expected ${where} to have the keys of this version, got also \`${printable(params.additionalProperty)}\``;
  const expected =
    keyword === 'enum'
      ? `be one of ${params.allowedValues.join(', ')}`
      : keyword === 'oneOf'
        ? `be "${parentSchema?.description}"`
        : message.replace(/^must /, '');
  return `Expected ${where} to ${expected}, got \`${shown(data)}\``;
}

function shown(value: unknown): string {
  const text = printable(JSON.stringify(value));
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** What the numbers of a cell say against each other, as "X to be Y, got `Z`". */
function contradictionOf({ id, planned, completed, failed, metrics }: CellResults): string | undefined {
  const cell = `cell \`${printable(id)}\``;
  if (completed + failed.length > planned)
    return `the complete and failed runs of ${cell} to be at most the ${planned} planned, got \`${completed + failed.length}\``;
  for (const [name, { n, mean, min, max, ci, values }] of Object.entries(metrics)) {
    const metric = `${printable(name)} of ${cell}`;
    const count = Object.keys(values).length;
    if (n !== count) return `n of ${metric} to be the number of its values, ${count}, got \`${n}\``;
    if (n > completed) return `n of ${metric} to be at most the ${completed} complete runs, got \`${n}\``;
    if (mean < min || mean > max) return `the mean of ${metric} to be from ${min} to ${max}, got \`${mean}\``;
    if ((ci === null) !== (n === 1) || (ci !== null && (mean < ci[0] || mean > ci[1])))
      return `the interval of ${metric} to hold its mean, ${mean}, got \`${JSON.stringify(ci)}\``;
  }
  return undefined;
}

function repeatedCell(cells: readonly CellResults[]): string | undefined {
  const names = new Set<string>();
  const repeated = cells.find(({ id }) => names.size === names.add(id).size);
  return repeated && `cells of different names, got \`${printable(repeated.id)}\` twice`;
}
