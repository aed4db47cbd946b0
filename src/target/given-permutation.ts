import { createHash } from 'node:crypto';
import { Failure } from '../failure.ts';
import { type NernFile, readNernFile } from '../format/nern-file.ts';
import { copiedFrom, digestOf } from '../format/original.ts';
import type { Tensor } from '../graph/tensor.ts';
import { type Layer, layerSizes } from '../nern/coordinates.ts';
import { isPath, packPermutation } from '../nern/ordering/packed-permutation.ts';
import type { LayerPermutation, PermutationMode } from '../nern/ordering/permutation.ts';
import { learnableConvolutions } from '../networks/network.ts';
import { readCheckpoint } from '../weights/checkpoint.ts';
import { type LoadedNetwork, storedName } from './target.ts';

/** Whose kernels are ordered. Before a stage has made its weights, its tensors have the network's own names. */
export type Ordered =
  | Pick<LoadedNetwork, 'network' | 'weights' | 'stored'>
  | { readonly network: LoadedNetwork['network']; readonly weights?: undefined; readonly stored?: undefined };

/** A permutation out of a file. */
export interface GivenPermutation {
  /** Of each layer of the target. */
  readonly permutations: readonly LayerPermutation[];
  /** Of the permutation, whatever the file's format; in hexadecimal. */
  readonly sha256: string;
}

/**
 * The permutation of a target in a .nern file, or in one of tensors of indices: `<name>.kernels` [F C] for each layer,
 * by the name of its weights in the target's file; in-filter `<name>.filters` [F] and `<name>.channels` [F, C]. Throws a
 * Failure of kind 'checkpoint' where it is no permutation, another kind of one, or that of another target.
 */
export async function readGivenPermutation(
  file: string,
  mode: PermutationMode,
  target: Ordered,
): Promise<GivenPermutation> {
  const layers = learnableConvolutions(target.network).map(({ weight, shape }) => ({
    name: target.weights === undefined ? weight : storedName(target, weight),
    shape,
  }));
  const permutations = file.endsWith('.nern')
    ? ofNern(await readNernFile(file), file, mode, target)
    : ofTensors((await readCheckpoint(file)).tensors, file, mode, layers);
  const hash = createHash('sha256');
  for (const [l, layer] of layers.entries()) hash.update(packPermutation(layer, permutations[l]!));
  return { permutations, sha256: hash.digest('hex') };
}

function ofNern(
  { header, permutations }: NernFile,
  file: string,
  mode: PermutationMode,
  { network, weights, stored = weights }: Ordered,
): readonly LayerPermutation[] {
  if (stored !== undefined && digestOf(copiedFrom(stored, header.layers)) !== header.copied) {
    throw new Failure(
      'checkpoint',
      `Expected ${file} to permute this ${network.name}, got the permutation of another target: ${header.network} of ${header.run.name}`,
      ofAnother,
    );
  }
  if (header.permutation !== mode) throw otherMode(file, mode, `\`${header.permutation}\``);
  return permutations;
}

const ofAnother = 'A permutation orders the kernels of one network: leave `file` out to have it computed.';

function ofTensors(
  tensors: ReadonlyMap<string, Tensor>,
  file: string,
  mode: PermutationMode,
  layers: readonly (Layer & { readonly name: string })[],
): LayerPermutation[] {
  const wanted = mode === 'cross-filter' ? 'kernels' : 'filters';
  const others = mode === 'cross-filter' ? 'filters' : 'kernels';
  const { name: first } = layers[0]!;
  if (tensors.has(`${first}.${others}`)) throw otherMode(file, mode, `\`${first}.${others}\``);
  const strange = [...tensors.keys()].find(
    name => !layers.some(layer => name === `${layer.name}.${wanted}` || name === `${layer.name}.channels`),
  );
  if (strange !== undefined) {
    throw new Failure(
      'checkpoint',
      `Expected ${file} to permute layers of the target, found \`${strange}\``,
      ofAnother,
    );
  }
  const indices = (name: string, length: number) => {
    const data = tensors.get(name)?.data;
    if (data?.length !== length) {
      const got = data ? `${data.length}` : 'none';
      throw new Failure(
        'checkpoint',
        `Expected \`${name}\` of ${file} to be ${length} indices, got ${got}`,
        ofAnother,
      );
    }
    return Uint32Array.from(data);
  };
  const path = (elements: Uint32Array, name: string) => {
    if (isPath(elements)) return elements;
    const message = `Expected \`${name}\` of ${file} to hold each index from 0 to ${elements.length - 1} once, found it does not`;
    throw new Failure('checkpoint', message, 'Index 0 is the first element.');
  };
  return layers.map((layer): LayerPermutation => {
    const { filters, channels } = layerSizes(layer);
    const name = `${layer.name}.${wanted}`;
    if (mode === 'cross-filter') return { mode, kernels: path(indices(name, filters * channels), name) };
    const ofChannels = `${layer.name}.channels`;
    const all = indices(ofChannels, filters * channels);
    return {
      mode: 'in-filter',
      filters: path(indices(name, filters), name),
      channels: Array.from({ length: filters }, (_, f) =>
        path(all.slice(f * channels, (f + 1) * channels), ofChannels),
      ),
    };
  });
}

const otherMode = (file: string, mode: PermutationMode, got: string) =>
  new Failure(
    'checkpoint',
    `Expected ${file} to hold a permutation of kind \`${mode}\`, got ${got}`,
    'Give `permutation.method` the kind that the file holds.',
  );
