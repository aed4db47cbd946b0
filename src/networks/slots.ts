import { reshape, slice } from '../graph/layout.ts';
import { sizeOf, type Tensor } from '../graph/tensor.ts';
import type { Value } from '../graph/value.ts';
import { type Network, parameterShapes } from './network.ts';

/** Where each of a network's tensors stands in one vector. */
export interface Slots {
  readonly length: number;
  readonly places: ReadonlyMap<string, { readonly start: number; readonly shape: readonly number[] }>;
}

const isStatistic = (name: string) => name.endsWith('running_mean') || name.endsWith('running_var');

/** All that training a network learns in one vector, and the running statistics of its batch norms in another. */
export function parameterSlots(network: Network): { readonly learned: Slots; readonly statistics: Slots } {
  const shapes = [...parameterShapes(network)];
  return {
    learned: slotsOf(shapes.filter(([name]) => !isStatistic(name))),
    statistics: slotsOf(shapes.filter(([name]) => isStatistic(name))),
  };
}

function slotsOf(shapes: readonly (readonly [string, readonly number[]])[]): Slots {
  let length = 0;
  const places = new Map<string, { start: number; shape: readonly number[] }>();
  for (const [name, shape] of shapes) {
    places.set(name, { start: length, shape });
    length += sizeOf(shape);
  }
  return { length, places };
}

/** A vector filled by `write`, tensor by tensor. */
export function pack(
  { length, places }: Slots,
  write: (name: string, shape: readonly number[], into: Float32Array) => void,
): Float32Array {
  const vector = new Float32Array(length);
  for (const [name, { start, shape }] of places)
    write(name, shape, vector.subarray(start, start + sizeOf(shape)));
  return vector;
}

/** The named tensors in a vector. */
export function unpack({ places }: Slots, vector: Float32Array): Map<string, Tensor> {
  return new Map(
    [...places].map(([name, { start, shape }]) => [
      name,
      { shape, data: vector.slice(start, start + sizeOf(shape)) },
    ]),
  );
}

/** What training starts from and leaves behind: vectors of all that is learned, and of all running statistics. */
export interface NetworkState {
  readonly learned: Float32Array;
  readonly statistics: Float32Array;
}

/** A network's tensors by their names. */
export function namedTensors(network: Network, { learned, statistics }: NetworkState): Map<string, Tensor> {
  const slots = parameterSlots(network);
  return new Map([...unpack(slots.learned, learned), ...unpack(slots.statistics, statistics)]);
}

/** The named tensors of a vector in a program. */
export function partsOf({ places }: Slots, vector: Value): ReadonlyMap<string, Value> {
  return new Map(
    [...places].map(([name, { start, shape }]) => [
      name,
      reshape(slice(vector, [start], [sizeOf(shape)]), shape),
    ]),
  );
}
