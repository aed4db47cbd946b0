import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoredObject } from '../files/object.ts';
import type { LayerPermutation } from '../nern/permutation.ts';

/** The file of a permutation's object: all paths one after the other, 32 bits an element, little-endian. */
export const permutationFile = 'paths.u32';

/** The shape of a layer's paths: so many paths of so many elements each. */
interface Shape {
  readonly mode: LayerPermutation['mode'];
  readonly filters: number;
  readonly channels: number;
}

export interface PermutationRecord {
  readonly layers: readonly Shape[];
}

export function encodePermutation(layers: readonly LayerPermutation[]): {
  record: PermutationRecord;
  bytes: Uint8Array;
} {
  const paths = layers.flatMap(pathsOf);
  const all = new Uint32Array(paths.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const path of paths) {
    all.set(path, at);
    at += path.length;
  }
  return { record: { layers: layers.map(shapeOf) }, bytes: new Uint8Array(all.buffer) };
}

export async function readPermutation(
  object: StoredObject & { folder: string },
): Promise<LayerPermutation[]> {
  const bytes = await readFile(join(object.folder, permutationFile));
  const all = new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  let at = 0;
  const take = (length: number) => {
    at += length;
    return all.subarray(at - length, at);
  };
  return (object.record as PermutationRecord).layers.map(({ mode, filters, channels }): LayerPermutation => {
    if (mode === 'none') return { mode };
    if (mode === 'cross-filter') return { mode, kernels: take(filters * channels) };
    return { mode, filters: take(filters), channels: Array.from({ length: filters }, () => take(channels)) };
  });
}

function pathsOf(layer: LayerPermutation): Uint32Array[] {
  if (layer.mode === 'none') return [];
  return layer.mode === 'cross-filter' ? [layer.kernels] : [layer.filters, ...layer.channels];
}

function shapeOf(layer: LayerPermutation): Shape {
  if (layer.mode === 'none') return { mode: layer.mode, filters: 0, channels: 0 };
  if (layer.mode === 'cross-filter') return { mode: layer.mode, filters: 1, channels: layer.kernels.length };
  return { mode: layer.mode, filters: layer.filters.length, channels: layer.channels[0]?.length ?? 0 };
}
