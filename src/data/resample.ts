import type { Box } from './crop.ts';
import type { ImageSize, Picture } from './images.ts';
import { code } from './resample.generated.ts';
import { type Interpolation, type Taps, tapsOf } from './taps.ts';

/** The part of the WebAssembly interface that is used, which the types of Node.js lack. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { readonly exports: unknown };
};

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  rowwise(...numbers: number[]): void;
  columnwise(...numbers: number[]): void;
}

/** assembly/resample.ts */
const { memory, rowwise, columnwise } = new WebAssembly.Instance(
  new WebAssembly.Module(Buffer.from(code, 'base64')),
).exports as Exports;

const pageBytes = 65_536;
/** So much of an image is taken at a time. */
const stripBytes = 2 ** 20;
/** A multiple of sixteen bytes, with sixteen more that the passes may touch. */
const padded = (bytes: number) => Math.ceil(bytes / 16) * 16 + 16;

/** What is made of an image: a rectangle of it, resized, and of that a rectangle again. */
export interface View {
  readonly box: Box;
  readonly resized: ImageSize;
  readonly part: Box;
  readonly interpolation: Interpolation;
}

/**
 * A view of an image, [part.height, part.width, 3], to the last bit as `crop`, `resize` and `crop` of PIL 13 make it, of
 * which torchvision's transforms of images of PIL are made: a pass along rows and one along columns, each with sums of
 * whole numbers that are rounded to bytes. What is outside the box is not looked at.
 */
export function resample(pixels: Picture, { box, resized, part, interpolation }: View): Uint8Array {
  const across = tapsOf(interpolation, box.width, resized.width, part.left, part.width);
  const down = tapsOf(interpolation, box.height, resized.height, part.top, part.height);
  const [left, width] = extentOf(across);
  const [top, height] = extentOf(down);
  const original = { left: box.left + left, top: box.top + top, width, height };
  const [sourceBytes, partBytes] = [3 * width, 3 * part.width];
  const rowsFirst = areRowsFirst(box, resized);
  const stride = padded(rowsFirst ? partBytes : sourceBytes);
  const layout = layOut({
    ...{
      strip: Math.max(stripBytes, 3 * Math.max(width, height)),
      middle: stride * (rowsFirst ? height : part.height),
    },
    ...{ result: partBytes * part.height, across: bytesOf(across), down: bytesOf(down) },
  });
  const alongRows = put(across, left, layout.across);
  const alongColumns = put(down, top, layout.down);
  if (rowsFirst) {
    const most = Math.max(1, Math.floor(stripBytes / sourceBytes));
    for (const { from, count } of strips(height, most)) {
      copy(pixels, { ...original, top: original.top + from, height: count }, layout.strip);
      rowwise(layout.strip, sourceBytes, layout.middle + from * stride, stride, count, ...alongRows);
    }
    columnwise(layout.middle, stride, layout.result, partBytes, partBytes, ...alongColumns);
  } else {
    const most = Math.max(1, Math.floor(stripBytes / (3 * height)));
    for (const { from, count } of strips(width, most)) {
      copy(pixels, { ...original, left: original.left + from, width: count }, layout.strip);
      columnwise(layout.strip, 3 * count, layout.middle + 3 * from, stride, 3 * count, ...alongColumns);
    }
    rowwise(layout.middle, stride, layout.result, partBytes, part.height, ...alongRows);
  }
  return new Uint8Array(memory.buffer).slice(layout.result, layout.result + partBytes * part.height);
}

/** Which pass PIL makes first, which shows in the last bits: that along columns where it takes away many more of them. */
const areRowsFirst = (from: ImageSize, to: ImageSize) =>
  from.height <= to.height || from.height - to.height <= 2 * (from.width - to.width);

/** Parts of at most `most` of `count` rows or columns. */
function* strips(count: number, most: number) {
  for (let from = 0; from < count; from += most) yield { from, count: Math.min(most, count - from) };
}

/** Copies a rectangle of an image into the memory, row by row. */
function copy({ data, width }: Picture, box: Box, address: number): void {
  const bytes = new Uint8Array(memory.buffer, address, 3 * box.width * box.height);
  for (let row = 0; row < box.height; row++) {
    const start = 3 * ((box.top + row) * width + box.left);
    bytes.set(data.subarray(start, start + 3 * box.width), 3 * box.width * row);
  }
}

/** The first of the original's places that are needed, and how many: taps move on, never back. */
function extentOf({ spans, places }: Taps): [first: number, count: number] {
  const first = spans[0]!;
  let end = first;
  for (let i = 0; i < places; i++) end = Math.max(end, spans[2 * i]! + spans[2 * i + 1]!);
  return [first, end - first];
}

const bytesOf = ({ weights, spans }: Taps) => padded(weights.byteLength) + spans.byteLength;

/** Writes taps into the memory, their places counted from `first` on: what the passes are told of them. */
function put({ weights, spans, most, places }: Taps, first: number, address: number) {
  const ofSpans = address + padded(weights.byteLength);
  new Int32Array(memory.buffer, address, weights.length).set(weights);
  const counted = spans.map((value, i) => (i % 2 === 0 ? value - first : value));
  new Uint32Array(memory.buffer, ofSpans, spans.length).set(counted);
  return [address, ofSpans, most, places] as const;
}

/** Addresses of blocks of so many bytes, one behind the other. */
function layOut<Name extends string>(sizes: Record<Name, number>): Record<Name, number> {
  let end = 1024;
  const addresses = Object.entries<number>(sizes).map(([name, size]) => {
    const start = end;
    end += padded(size);
    return [name, start];
  });
  const missing = Math.ceil((end - memory.buffer.byteLength) / pageBytes);
  if (missing > 0) memory.grow(missing);
  return Object.fromEntries(addresses) as Record<Name, number>;
}
