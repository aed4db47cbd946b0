import { type Layer, layerSizes } from '../coordinates.ts';
import { fromBytes, toBytes } from './mixed-radix.ts';
import { type LayerPermutation, overheadBits, type PermutationMode } from './permutation.ts';

/*
 * Permutations as they are stored beside a predictor, in exactly the bits that the paper counts. The indices of a layer
 * are the digits of one number: cross-filter, F C digits of radix F C; in-filter, the F filters of the path with radix
 * F, then each filter's C channels with radix C. Where the radices are powers of two that is nothing but their bits one
 * after the other.
 */

/** Bytes of a layer's permutation on disk: its bits, rounded up. */
export const packedBytes = (layer: Layer, mode: PermutationMode): number =>
  Math.ceil(overheadBits([layer], mode) / 8);

/** The permutation of a layer: [packedBytes]. */
export function packPermutation(layer: Layer, permutation: LayerPermutation): Uint8Array {
  const digits = new Uint32Array(digitsOf(layer, permutation.mode));
  if (permutation.mode === 'cross-filter') digits.set(permutation.kernels);
  if (permutation.mode === 'in-filter') {
    const { filters, channels } = layerSizes(layer);
    digits.set(permutation.filters);
    for (const [f, path] of permutation.channels.entries()) digits.set(path, filters + f * channels);
  }
  return toBytes(digits, radicesOf(layer, permutation.mode), packedBytes(layer, permutation.mode));
}

/** The permutation of a layer out of its bytes [packedBytes]; undefined where they are none. */
export function unpackPermutation(
  layer: Layer,
  mode: PermutationMode,
  bytes: Uint8Array,
): LayerPermutation | undefined {
  if (mode === 'none') return { mode };
  const digits = fromBytes(bytes, radicesOf(layer, mode));
  if (digits === undefined) return undefined;
  if (mode === 'cross-filter') return isPath(digits) ? { mode, kernels: digits } : undefined;
  const { filters, channels } = layerSizes(layer);
  const order = digits.slice(0, filters);
  const paths = Array.from({ length: filters }, (_, f) =>
    digits.slice(filters + f * channels, filters + (f + 1) * channels),
  );
  return isPath(order) && paths.every(isPath) ? { mode, filters: order, channels: paths } : undefined;
}

/** The permutations of all layers, one after the other, each in whole bytes. */
export const packAll = (layers: readonly Layer[], permutations: readonly LayerPermutation[]): Uint8Array =>
  Buffer.concat(layers.map((layer, l) => packPermutation(layer, permutations[l]!)));

/** The reverse; undefined where the bytes are too few or too many, or those of a layer are no permutation. */
export function unpackAll(
  layers: readonly Layer[],
  mode: PermutationMode,
  bytes: Uint8Array,
): LayerPermutation[] | undefined {
  let at = 0;
  const permutations: LayerPermutation[] = [];
  for (const layer of layers) {
    const end = at + packedBytes(layer, mode);
    const unpacked = end > bytes.length ? undefined : unpackPermutation(layer, mode, bytes.subarray(at, end));
    if (unpacked === undefined) return undefined;
    permutations.push(unpacked);
    at = end;
  }
  return at === bytes.length ? permutations : undefined;
}

/** Whether every element 0 .. n - 1 comes once. */
export function isPath(path: Uint32Array): boolean {
  const seen = new Uint8Array(path.length);
  for (const element of path) if (element < path.length) seen[element] = 1;
  return seen.every(one => one === 1);
}

function digitsOf(layer: Layer, mode: PermutationMode): number {
  const { filters, channels } = layerSizes(layer);
  if (mode === 'none') return 0;
  return filters * channels + (mode === 'in-filter' ? filters : 0);
}

/** The radix of each digit. */
function radicesOf(layer: Layer, mode: PermutationMode): Uint32Array {
  const { filters, channels } = layerSizes(layer);
  const radices = new Uint32Array(digitsOf(layer, mode)).fill(
    mode === 'in-filter' ? channels : filters * channels,
  );
  return mode === 'in-filter' ? radices.fill(filters, 0, filters) : radices;
}
