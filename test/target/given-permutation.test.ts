import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { writeNern } from '../../src/format/nern-file.ts';
import { copiedFrom, digestOf } from '../../src/format/original.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { type LayerPermutation, permute } from '../../src/nern/ordering/permutation.ts';
import { parameterCount } from '../../src/nern/predictor/predictor-shapes.ts';
import { matchParameters } from '../../src/networks/keys.ts';
import { learnableConvolutions } from '../../src/networks/network.ts';
import { resnet } from '../../src/networks/resnet.ts';
import { readGivenPermutation } from '../../src/target/given-permutation.ts';
import type { Target } from '../../src/target/target.ts';
import { readCheckpoint } from '../../src/weights/checkpoint.ts';
import { writeSafetensors } from '../../src/weights/safetensors.ts';
import { type StoredTensor, storedIntegers } from '../../src/weights/stored.ts';
import { sample } from '../format/sample.ts';
import { newFolder } from '../support/files.ts';

const network = resnet(8, 'A', 10);
let folder: string;
let target: Target;
let layers: { name: string; tensor: Tensor }[];
beforeAll(async () => {
  folder = newFolder();
  const { tensors, sha256 } = await readCheckpoint('assets/resnet8-procedural.safetensors');
  // The names of a file are its own.
  const stored = new Map([...tensors].map(([name, tensor]) => [name.replace(/^linear/, 'fc'), tensor]));
  target = { network, weights: matchParameters(network, stored, 'file'), stored, sha256 };
  layers = learnableConvolutions(network).map(({ weight }) => ({
    name: weight,
    tensor: tensors.get(weight)!,
  }));
});

async function fileOf(name: string, bytes: Uint8Array): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, bytes);
  return file;
}

const indices = (...paths: Uint32Array[]) => {
  const data = Float32Array.from(paths.flatMap(path => [...path]));
  return storedIntegers({ shape: [data.length], data });
};

function tensorsOf(permutations: readonly LayerPermutation[]): Map<string, StoredTensor> {
  const tensors = new Map<string, StoredTensor>();
  for (const [l, permutation] of permutations.entries()) {
    const { name } = layers[l]!;
    if (permutation.mode === 'cross-filter') tensors.set(`${name}.kernels`, indices(permutation.kernels));
    if (permutation.mode !== 'in-filter') continue;
    tensors.set(`${name}.filters`, indices(permutation.filters));
    tensors.set(`${name}.channels`, indices(...permutation.channels));
  }
  return tensors;
}

function nernOf(permutations: readonly LayerPermutation[]) {
  const named = layers.map(
    ({ name, tensor }) => [name, tensor.shape as [number, number, number, number]] as const,
  );
  const predictor = { ...sample.header.predictor, hidden: 2, layers: 2, architecture: 'plain' as const };
  const header = {
    ...sample.header,
    ...{ layers: named, predictor, permutation: permutations[0]!.mode },
    copied: digestOf(copiedFrom(target.stored!, named)),
  };
  const parameters = new Float32Array(parameterCount([[2, 12], [2], [9, 2], [9]]));
  return writeNern({ header, parameters, permutations });
}

const failureOf = async (file: string, mode: 'in-filter' | 'cross-filter') => {
  const failure = await readGivenPermutation(file, mode, target).catch(error => error);
  expect(failure).toBeInstanceOf(Failure);
  expect(failure.kind).toBe('checkpoint');
  return failure.message as string;
};

describe.each(['in-filter', 'cross-filter'] as const)('a permutation given from a file, %s', mode => {
  it('is read from tensors of indices and from a .nern file, and has one hash', async () => {
    const permutations = permute(
      layers.map(({ tensor }) => tensor),
      mode,
    );
    const files = [
      await fileOf(`${mode}.safetensors`, writeSafetensors(tensorsOf(permutations))),
      await fileOf(`${mode}.nern`, nernOf(permutations)),
    ];
    const [one, other] = await Promise.all(files.map(file => readGivenPermutation(file, mode, target)));
    expect(one!.permutations).toEqual(permutations);
    expect(other!.permutations).toEqual(permutations);
    expect(other!.sha256).toBe(one!.sha256);
  });
});

describe('a file that holds no permutation of the target', () => {
  it("is refused as another target's", async () => {
    const nern = await fileOf('other.nern', writeNern(sample));
    expect(await failureOf(nern, 'cross-filter')).toContain(
      'to permute this resnet8, got the permutation of another target: sample of sweep/cell/seed-0',
    );
    const foreign = new Map([['features.0.weight.kernels', indices(Uint32Array.of(0, 1))]]);
    const file = await fileOf('foreign.safetensors', writeSafetensors(foreign));
    expect(await failureOf(file, 'cross-filter')).toContain('found `features.0.weight.kernels`');
  });

  it('is refused where layers are missing, of another size, or no permutations', async () => {
    const whole = tensorsOf(
      permute(
        layers.map(({ tensor }) => tensor),
        'cross-filter',
      ),
    );
    const changed = async (name: string, path?: Uint32Array) => {
      const tensors = new Map(whole);
      if (path) tensors.set(name, indices(path));
      else tensors.delete(name);
      return failureOf(await fileOf('changed.safetensors', writeSafetensors(tensors)), 'cross-filter');
    };
    expect(await changed('conv1.weight.kernels')).toMatch(
      /`conv1.weight.kernels` of .* to be 48 indices, got none/,
    );
    expect(await changed('conv1.weight.kernels', Uint32Array.of(0, 1))).toMatch(/to be 48 indices, got 2/);
    const twice = Uint32Array.from({ length: 48 }, (_, i) => Math.max(1, i));
    expect(await changed('conv1.weight.kernels', twice)).toMatch(/to hold each index from 0 to 47 once/);
  });

  it('is refused where the spec names the other kind', async () => {
    const permutations = permute(
      layers.map(({ tensor }) => tensor),
      'in-filter',
    );
    const tensors = await fileOf('kind.safetensors', writeSafetensors(tensorsOf(permutations)));
    expect(await failureOf(tensors, 'cross-filter')).toContain(
      'of kind `cross-filter`, got `conv1.weight.filters`',
    );
    const nern = await fileOf('kind.nern', nernOf(permutations));
    expect(await failureOf(nern, 'cross-filter')).toContain('of kind `cross-filter`, got `in-filter`');
  });
});
