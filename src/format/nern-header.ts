import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { Failure } from '../failure.ts';
import type { PermutationMode } from '../nern/ordering/permutation.ts';
import type { EmbeddingSettings } from '../nern/predictor/kernel-embedding.ts';
import type { PredictorForm } from '../nern/predictor/predictor.ts';
import type { Resampling } from '../nern/predictor/resample.ts';
import { sweepSchema, withDefaults } from '../spec/schema.ts';

/** What a .nern file says of what is in it; documented by schema/nern.schema.json. */
export interface NernHeader {
  /** The target's name, for people. */
  readonly network: string;
  /** The tensors that are predicted, in the coordinates' order: their names in the original's file, and shapes. */
  readonly layers: readonly (readonly [name: string, shape: readonly [number, number, number, number]])[];
  readonly predictor: PredictorForm & {
    readonly hidden: number;
    readonly layers: number;
    readonly resample: Resampling;
    readonly embedding: EmbeddingSettings;
  };
  readonly permutation: PermutationMode;
  /** sha256 of what is copied from the original (`digestOf`). */
  readonly copied: string;
  /** sha256 of the predicted tensors (`digestOf`), and the engine that predicted them. */
  readonly predicted: string;
  readonly engine: { readonly name: string; readonly versions: Readonly<Record<string, string>> };
  /** The run that it comes from. */
  readonly run: { readonly name: string; readonly key: string };
}

export const nernFormat = 'nern';

/** Raised when a reader of the last version would misread what is written. */
export const nernVersion = '1';

// Both src/format and dist/format are two folders below the package.
const schema = JSON.parse(readFileSync(new URL('../../schema/nern.schema.json', import.meta.url), 'utf8'));
const ajv = new Ajv2020({ strict: false }).addSchema(sweepSchema, 'sweep.schema.json');
const embeddingSchema = sweepSchema.$defs!.Embedding!;
const isHeader = ajv.compile<NernHeader>(schema);

/** As many parameters as a checkpoint's largest file has: a header cannot ask for more memory than that. */
const maxParameters = 2 ** 28;

/** The header in a file's metadata. Throws a Failure of kind 'checkpoint' where it is none, or of another version. */
export function parseHeader(metadata: Readonly<Record<string, string>>, file: string): NernHeader {
  const { format, version, header: text = '' } = metadata;
  if (format !== nernFormat) {
    throw new Failure(
      'checkpoint',
      `Expected ${file} to be a .nern file, found no such format in its metadata`,
      '`nern-sweep export` writes such files.',
    );
  }
  if (version !== nernVersion) {
    throw new Failure(
      'checkpoint',
      `Expected ${file} to be of version ${nernVersion} of the format, got \`${version}\``,
      'Use the version of nern-sweep that wrote it, or a later one.',
    );
  }
  const header: unknown = parseJson(text, file);
  if (!isHeader(header)) {
    const [error] = isHeader.errors ?? [];
    throw damaged(file, `a header whose ${error?.instancePath || '/'} ${error?.message}`, 'another one');
  }
  const names = header.layers.map(([name]) => name);
  if (new Set(names).size !== names.length)
    throw damaged(file, 'layers of different names', 'one name twice');
  for (const [name, [, , height, width]] of header.layers) {
    const [, [, , first]] = header.layers[0]!;
    if (height !== width || (height - first) % 2 !== 0)
      throw damaged(file, 'square kernels, all even or all odd', `${height} x ${width} in ${name}`);
  }
  const { layers, hidden } = header.predictor;
  const embedding = withDefaults(embeddingSchema, header.predictor.embedding) as EmbeddingSettings;
  const output = Math.max(...header.layers.map(([, [, , height, width]]) => height * width));
  const rows = header.layers.reduce((sum, [, [filters, channels]]) => sum + filters * channels, 0);
  const longest = Math.max(header.layers.length, ...header.layers.flatMap(([, shape]) => shape));
  const size = Math.max(rows * output, layers * hidden * hidden, longest * 2 * embedding.levels);
  if (size > maxParameters) throw damaged(file, `at most ${maxParameters} parameters`, `${size}`);
  return { ...header, predictor: { ...header.predictor, embedding } };
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw damaged(file, 'a header in JSON', `\`${(error as Error).message}\``);
  }
}

export function damaged(file: string, expected: string, found: string): Failure {
  return new Failure(
    'checkpoint',
    `Expected ${file} to be a .nern file with ${expected}, got ${found}`,
    'The file is damaged: export it again.',
  );
}
