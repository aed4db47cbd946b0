import { code } from './kernel-search.generated.ts';

/** The numbers that assembly/kernel-search.ts works on, for one tree. */
export interface SearchMemory {
  readonly boxes: Float64Array;
  readonly values: Float64Array;
  readonly kernels: Uint32Array;
  readonly slots: Uint32Array;
  readonly lowest: Uint32Array;
  readonly ends: Uint32Array;
  readonly query: Float64Array;
  /** What a search finds: distance and kernel, the nearest first. */
  readonly found: Float64Array;
  search(most: number): void;
  remove(kernel: number): void;
}

export interface TreeSizes {
  /** Values of a kernel. */
  readonly size: number;
  readonly leaves: number;
  /** Slots of a leaf, a multiple of four. */
  readonly capacity: number;
  readonly kernels: number;
}

/** The most neighbours that are searched for at once. */
const mostNeighbours = 16;

/** Nodes that a search can have put off: one on each level. */
const stackLength = 128;

const pageBytes = 65_536;

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  shape(size: number, leaves: number, capacity: number, kernels: number): void;
  place(...addresses: number[]): void;
  search(most: number): void;
  remove(kernel: number): void;
}

/** The part of the WebAssembly interface that is used, which the types of Node.js lack. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { readonly exports: unknown };
};

const { memory, shape, place, search, remove } = new WebAssembly.Instance(
  new WebAssembly.Module(Buffer.from(code, 'base64')),
).exports as Exports;

/** Counts the layouts, so that one that is void is not used. */
let latest = 0;

/** Lays out the memory for a tree, with empty slots: all that was laid out before is void. */
export function layOut({ size, leaves, capacity, kernels }: TreeSizes): SearchMemory {
  const slots = leaves * capacity;
  // The longer numbers first, so that all lie where they can be read at once.
  const doubles = [4 * leaves * size, slots * size, 2 * size, 2 * mostNeighbours, 2 * stackLength];
  const integers = [slots, kernels, 2 * leaves, leaves];
  let end = 1024;
  const take = (bytes: number) => {
    const start = end;
    end += Math.ceil(bytes / 16) * 16;
    return start;
  };
  const ofDoubles = doubles.map(length => take(8 * length));
  const ofIntegers = integers.map(length => take(4 * length));
  const missing = Math.ceil((end - memory.buffer.byteLength) / pageBytes);
  if (missing > 0) memory.grow(missing);

  shape(size, leaves, capacity, kernels);
  const [boxes, values, query, found, stack] = ofDoubles as [number, number, number, number, number];
  const [held, slotsOf, lowest, ends] = ofIntegers as [number, number, number, number];
  place(boxes, values, held, slotsOf, lowest, ends, query, found, stack);
  const { buffer } = memory;
  const own = ++latest;
  const check = () => {
    if (own !== latest) throw new Error('Expected the tree that was made last, got an older one');
  };
  const float64 = (i: number) => new Float64Array(buffer, ofDoubles[i], doubles[i]);
  const uint32 = (i: number) => new Uint32Array(buffer, ofIntegers[i], integers[i]);
  return {
    boxes: float64(0),
    values: float64(1).fill(Number.POSITIVE_INFINITY),
    query: float64(2),
    found: float64(3),
    kernels: uint32(0).fill(kernels),
    slots: uint32(1),
    lowest: uint32(2),
    ends: uint32(3),
    search(most) {
      check();
      search(most);
    },
    remove(kernel) {
      check();
      remove(kernel);
    },
  };
}
