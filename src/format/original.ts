import { createHash } from 'node:crypto';
import type { Tensor } from '../graph/tensor.ts';
import { storedTensor } from '../weights/stored.ts';

/** sha256 of tensors with their names and shapes, in the order of their names; in hexadecimal. */
export function digestOf(tensors: Iterable<readonly [string, Tensor]>): string {
  const hash = createHash('sha256');
  for (const [name, tensor] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(JSON.stringify([name, tensor.shape])).update(storedTensor(tensor).bytes);
  }
  return hash.digest('hex');
}

/** Tensors by their names in the original's file, in its order. */
export type State = ReadonlyMap<string, Tensor>;

/** What a reconstructed network copies from the original: all but the layers that are predicted. */
export function copiedFrom(
  original: State,
  layers: readonly (readonly [name: string, ...unknown[]])[],
): State {
  const predicted = new Set(layers.map(([name]) => name));
  return new Map([...original].filter(([name]) => !predicted.has(name)));
}
