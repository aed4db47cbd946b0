import { readBounded } from '../files/read.ts';
import type { Tensor } from '../graph/tensor.ts';
import { sizeOf } from '../graph/tensor.ts';
import { packAll, packedBytes, unpackAll } from '../nern/ordering/packed-permutation.ts';
import type { LayerPermutation } from '../nern/ordering/permutation.ts';
import { embeddingSize } from '../nern/predictor/kernel-embedding.ts';
import { parameterCount, predictorShapes } from '../nern/predictor/predictor-shapes.ts';
import type { ParameterShapes } from '../optim/parameters.ts';
import { openSafetensors, writeSafetensors } from '../weights/safetensors.ts';
import type { StoredTensor } from '../weights/stored.ts';
import { contiguous, decode } from '../weights/values.ts';
import { damaged, type NernHeader, nernFormat, nernVersion, parseHeader } from './nern-header.ts';

/*
 * A predictor with all that it takes to use it: a safetensors file with the tensors `layers.<i>.weight`,
 * `layers.<i>.bias` (float32) and `permutation` (bytes, layer after layer), and the header in its metadata.
 */

/** What a .nern file holds. */
export interface NernFile {
  readonly header: NernHeader;
  /** The predictor's, in one vector. */
  readonly parameters: Float32Array;
  /** Of each layer. */
  readonly permutations: readonly LayerPermutation[];
}

/** What a .nern file's bytes are spent on. */
export interface NernSizes {
  readonly predictor: number;
  readonly permutation: number;
  readonly header: number;
}

/** The bytes of a .nern file. */
export function writeNern({ header, parameters, permutations }: NernFile): Uint8Array {
  const tensors = new Map<string, Tensor | StoredTensor>();
  let at = 0;
  for (const [i, shape] of shapesOf(header).entries()) {
    tensors.set(nameOf(i), { shape, data: parameters.subarray(at, at + sizeOf(shape)) });
    at += sizeOf(shape);
  }
  const bytes = packAll(layersOf(header), permutations);
  if (bytes.length > 0) tensors.set('permutation', { dtype: 'U8', shape: [bytes.length], bytes });
  return writeSafetensors(tensors, {
    format: nernFormat,
    version: nernVersion,
    header: JSON.stringify(header),
  });
}

/** The sizes of a .nern file of so many bytes. */
export function sizesOf(header: NernHeader, fileBytes: number): NernSizes {
  const predictor = 4 * parameterCount(shapesOf(header));
  const permutation = permutationSize(header);
  return { predictor, permutation, header: fileBytes - predictor - permutation };
}

/** Throws a Failure of kind 'checkpoint' when the file is missing, damaged, hostile, or of an unknown version. */
export async function readNernFile(path: string): Promise<NernFile> {
  return readNern(await readBounded(path, maxFileBytes, 'checkpoint'), path);
}

/** As large as any checkpoint that is read. */
const maxFileBytes = 1024 * 2 ** 20;

/** What the bytes of a .nern file hold. Throws a Failure of kind 'checkpoint' that names `file`. */
export function readNern(bytes: Uint8Array, file: string): NernFile {
  const { entries, metadata } = openSafetensors(bytes, file);
  const header = parseHeader(metadata, file);
  const shapes = shapesOf(header);
  const total = permutationSize(header);
  const expected = new Map<string, string>(shapes.map((shape, i) => [nameOf(i), `float32 [${shape}]`]));
  if (total > 0) expected.set('permutation', `uint8 [${total}]`);
  const found = new Map(entries.map(entry => [entry.name, entry]));
  for (const [name, what] of expected) {
    const entry = found.get(name);
    const got = entry ? `${entry.format.name} [${entry.shape}]` : 'none';
    if (got !== what) throw damaged(file, `${what} as tensor ${name}`, got);
  }
  const strange = entries.find(({ name }) => !expected.has(name));
  if (strange) throw damaged(file, `no tensor but ${[...expected.keys()].join(', ')}`, strange.name);

  const parameters = new Float32Array(parameterCount(shapes));
  let at = 0;
  for (const [i, shape] of shapes.entries()) {
    const { bytes, format } = found.get(nameOf(i))!;
    const { data } = decode(bytes, format, { offset: 0, shape, strides: contiguous(shape) });
    parameters.set(data, at);
    at += data.length;
  }
  if (!parameters.every(Number.isFinite)) throw damaged(file, 'finite parameters', 'others');
  const packed = found.get('permutation')?.bytes ?? new Uint8Array();
  const permutations = unpackAll(layersOf(header), header.permutation, packed);
  if (permutations === undefined) throw damaged(file, 'a permutation of each layer', 'other indices');
  return { header, parameters, permutations };
}

const layersOf = ({ layers }: NernHeader) => layers.map(([, shape]) => ({ shape }));

/** Bytes of all layers' permutations. */
const permutationSize = (header: NernHeader) =>
  layersOf(header).reduce((sum, layer) => sum + packedBytes(layer, header.permutation), 0);

/** The shapes of the predictor's parameters. */
export function shapesOf({ predictor, layers }: Pick<NernHeader, 'predictor' | 'layers'>): ParameterShapes {
  const { hidden, layers: depth, architecture, embedding } = predictor;
  const outputs = Math.max(...layers.map(([, [, , height, width]]) => height * width));
  return predictorShapes({ inputs: embeddingSize(embedding), hidden, outputs, layers: depth, architecture });
}

const nameOf = (i: number) => `layers.${i >> 1}.${i % 2 === 0 ? 'weight' : 'bias'}`;
