import { type Picture, refusePixels } from './images.ts';

interface Header {
  readonly width: number;
  readonly height: number;
  /** Whether the first row of the file is the highest. */
  readonly topDown: boolean;
  readonly bits: number;
  readonly compression: number;
  /** Where the pixels begin. */
  readonly pixels: number;
  /** [colours, 3]: red, green, blue. */
  readonly palette: Uint8Array;
  /** Of pixels of 16 and 32 bits: the bits of red, green and blue. */
  readonly masks: readonly number[];
}

const [plain, runs8, runs4, bitFields] = [0, 1, 2, 3];

export const isBmp = (bytes: Buffer) => bytes.length > 2 && bytes.toString('latin1', 0, 2) === 'BM';

/**
 * Reads a bitmap of Windows or OS/2: palettes of 1, 4 and 8 bits, also in runs, and colours of 16, 24 and 32 bits. Alpha
 * is left out, as PIL's conversion to RGB does. Throws an Error that says why where it is no whole picture.
 */
export function readBmp(bytes: Buffer): Picture {
  const header = headerOf(bytes);
  const { width, height, topDown, bits, compression } = header;
  const data = new Uint8Array(width * height * 3);
  const compressed = compression === runs8 || compression === runs4;
  const indices = compressed ? unpackRuns(bytes, header) : undefined;
  const stride = Math.ceil((width * bits) / 32) * 4;
  if (!indices && bytes.length < header.pixels + stride * (height - 1) + Math.ceil((width * bits) / 8))
    throw new Error('the file ends before its last pixel');
  const read = colourReader(bytes, header);
  for (let row = 0; row < height; row++) {
    const into = (topDown ? row : height - 1 - row) * width * 3;
    for (let column = 0; column < width; column++) {
      if (indices) paint(data, into + 3 * column, header.palette, indices[row * width + column]!);
      else read(header.pixels + row * stride, column, data, into + 3 * column);
    }
  }
  return { width, height, data };
}

function headerOf(bytes: Buffer): Header {
  const need = (end: number) => {
    if (bytes.length < end) throw new Error('the file ends in its header');
  };
  need(26);
  const size = bytes.readUInt32LE(14);
  if (size !== 12 && (size < 40 || size > 124)) throw new Error(`a header of ${size} bytes`);
  need(14 + size);
  const old = size === 12;
  const signed = old ? bytes.readUInt16LE(20) : bytes.readInt32LE(22);
  const width = old ? bytes.readUInt16LE(18) : bytes.readInt32LE(18);
  const height = Math.abs(signed);
  refusePixels({ width, height });
  const bits = bytes.readUInt16LE(old ? 24 : 28);
  const compression = old ? plain! : bytes.readUInt32LE(30);
  const known =
    (compression === plain && [1, 4, 8, 16, 24, 32].includes(bits)) ||
    (compression === runs8 && bits === 8) ||
    (compression === runs4 && bits === 4) ||
    (compression === bitFields && [16, 24, 32].includes(bits));
  if (!known) throw new Error(`compression ${compression} of pixels of ${bits} bits`);
  // Masks lie in the header, or behind the oldest that can have them.
  const beyond = compression === bitFields && size === 40 ? 12 : 0;
  need(14 + size + beyond);
  const given = compression === bitFields ? [54, 58, 62].map(at => bytes.readUInt32LE(at)) : [];
  const usual = bits === 16 ? [0x7c00, 0x3e0, 0x1f] : [0xff0000, 0xff00, 0xff];
  const masks = given.some(mask => mask !== 0) ? given : usual;
  if (bits === 24 && masks.some((mask, i) => mask !== usual[i]))
    throw new Error('colours of 24 bits in another order');
  const start = 14 + size + beyond;
  const colours = bits > 8 ? 0 : Math.min(2 ** bits, (old ? 0 : bytes.readUInt32LE(46)) || 2 ** bits);
  need(start + colours * (old ? 3 : 4));
  return {
    ...{ width, height, topDown: signed < 0, bits, compression, masks },
    pixels: bytes.readUInt32LE(10),
    palette: paletteOf(bytes, start, colours, old ? 3 : 4),
  };
}

/** [256, 3]. Colours that the file does not give are black. */
function paletteOf(bytes: Buffer, start: number, colours: number, size: 3 | 4): Uint8Array {
  const palette = new Uint8Array(768);
  for (let i = 0; i < colours; i++)
    for (let channel = 0; channel < 3; channel++)
      palette[3 * i + channel] = bytes[start + i * size + 2 - channel]!;
  return palette;
}

function paint(data: Uint8Array, into: number, palette: Uint8Array, index: number): void {
  for (let channel = 0; channel < 3; channel++) data[into + channel] = palette[3 * index + channel]!;
}

/** What reads the pixel of a column in a row that begins at `row`. */
function colourReader(bytes: Buffer, { bits, palette, masks }: Header) {
  const channels = masks.map(mask => {
    const shift = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask);
    return { mask, shift, highest: mask >>> shift };
  });
  return (row: number, column: number, data: Uint8Array, into: number): void => {
    if (bits <= 8) {
      const perByte = 8 / bits;
      const byte = bytes[row + Math.floor(column / perByte)]!;
      const shift = 8 - bits * ((column % perByte) + 1);
      paint(data, into, palette, (byte >> shift) & (2 ** bits - 1));
    } else if (bits === 24) {
      for (let channel = 0; channel < 3; channel++)
        data[into + channel] = bytes[row + 3 * column + 2 - channel]!;
    } else {
      const value = bits === 16 ? bytes.readUInt16LE(row + 2 * column) : bytes.readUInt32LE(row + 4 * column);
      for (const [channel, { mask, shift, highest }] of channels.entries())
        data[into + channel] = highest === 0 ? 0 : Math.trunc((((value & mask) >>> shift) * 255) / highest);
    }
  };
}

/** Palette indices, [height, width], in the order of the file; what is skipped is 0. */
function unpackRuns(bytes: Buffer, { width, height, bits, pixels }: Header): Uint8Array {
  const indices = new Uint8Array(width * height);
  const half = bits === 4;
  let [at, x, y] = [pixels, 0, 0];
  const next = () => {
    const byte = bytes[at++];
    if (byte === undefined) throw new Error('the file ends before its last pixel');
    return byte;
  };
  const put = (index: number) => {
    if (x < width && y < height) indices[y * width + x] = index;
    x++;
  };
  const nibble = (byte: number, i: number) => (half ? (i % 2 === 0 ? byte >> 4 : byte & 15) : byte);
  while (y < height) {
    const [count, value] = [next(), next()];
    if (count > 0) {
      for (let i = 0; i < count; i++) put(nibble(value, i));
    } else if (value === 0) {
      [x, y] = [0, y + 1];
    } else if (value === 1) {
      break;
    } else if (value === 2) {
      x += next();
      y += next();
    } else {
      for (let i = 0, byte = 0; i < value; i++) {
        if (!half || i % 2 === 0) byte = next();
        put(nibble(byte, i));
      }
      at += at % 2;
    }
  }
  if (y * width + Math.min(x, width) < width * height) throw new Error('the file ends before its last pixel');
  return indices;
}
