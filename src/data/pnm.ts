import { type Picture, refusePixels, tooFine } from './images.ts';

/** P1 to P6: whether their numbers are written as text, and how many make a pixel; bits are 1 for black. */
const kinds: Record<string, { readonly text: boolean; readonly bits?: true; readonly channels: 1 | 3 }> = {
  P1: { text: true, bits: true, channels: 1 },
  P2: { text: true, channels: 1 },
  P3: { text: true, channels: 3 },
  P4: { text: false, bits: true, channels: 1 },
  P5: { text: false, channels: 1 },
  P6: { text: false, channels: 3 },
};

export const isPnm = (bytes: Buffer) =>
  bytes.length > 2 && bytes.toString('latin1', 0, 2) in kinds && isSpace(bytes[2]!);

const isSpace = (byte: number) => byte === 32 || (byte >= 9 && byte <= 13);

/**
 * Reads a picture of the Netpbm formats, plain or raw: bitmaps, greys, and colours of up to 16 bits, scaled to bytes as
 * PIL has it. Throws an Error that says why where it is no whole picture, or one of greys of more than 8 bits.
 */
export function readPnm(bytes: Buffer): Picture {
  const { text, bits = false, channels } = kinds[bytes.toString('latin1', 0, 2)]!;
  const words = wordsOf(bytes, 2);
  const [width, height] = [words.number('its width'), words.number('its height')];
  const highest = bits ? 1 : words.number('its highest value');
  refusePixels({ width, height });
  if (highest < 1 || highest > 65_535) throw new Error(`its highest value is ${highest}, not 1 to 65535`);
  if (channels === 1 && highest > 255) throw new Error(tooFine);
  const count = width * height * channels;
  const next = text
    ? bits
      ? words.bit
      : () => words.number('a pixel')
    : bits
      ? bitsOf(bytes, words.at() + 1, width, height)
      : numbersOf(bytes, words.at() + 1, count, highest > 255 ? 2 : 1);
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < count; i++) {
    const value = next();
    if (text && value > highest) throw new Error(`a pixel of ${value}, over its highest value ${highest}`);
    const byte = bits ? (1 - value) * 255 : Math.min(255, roundHalfEven((value / highest) * 255));
    if (channels === 3) data[i] = byte;
    else data.fill(byte, 3 * i, 3 * i + 3);
  }
  return { width, height, data };
}

/** As Python rounds. */
function roundHalfEven(value: number): number {
  const whole = Math.round(value);
  return value % 1 === 0.5 && whole % 2 === 1 ? whole - 1 : whole;
}

/** Numbers written as text from `start` on, between them spaces and comments. */
function wordsOf(bytes: Buffer, start: number) {
  let at = start;
  const skip = () => {
    for (; at < bytes.length; at++) {
      if (bytes[at] === 35) while (at < bytes.length && bytes[at] !== 10 && bytes[at] !== 13) at++;
      else if (!isSpace(bytes[at]!)) return;
    }
  };
  return {
    at: () => at,
    number(what: string): number {
      skip();
      const from = at;
      while (at < bytes.length && bytes[at]! >= 48 && bytes[at]! <= 57) at++;
      if (at === from || at - from > 10) throw new Error(`${what} is missing`);
      return Number(bytes.toString('latin1', from, at));
    },
    bit(): number {
      skip();
      const bit = bytes[at++];
      if (bit === 48 || bit === 49) return bit - 48;
      throw new Error('a pixel is missing');
    },
  };
}

/** Bits, of which each row begins a new byte. */
function bitsOf(bytes: Buffer, start: number, width: number, height: number): () => number {
  const stride = Math.ceil(width / 8);
  if (bytes.length < start + stride * height) throw new Error('the file ends before its last pixel');
  let i = 0;
  return () => {
    const [row, column] = [Math.floor(i / width), i % width];
    i++;
    return (bytes[start + row * stride + (column >> 3)]! >> (7 - (column & 7))) & 1;
  };
}

/** Numbers of one or two bytes, the higher one first. */
function numbersOf(bytes: Buffer, start: number, count: number, size: 1 | 2): () => number {
  if (bytes.length < start + count * size) throw new Error('the file ends before its last pixel');
  let at = start - size;
  return () => {
    at += size;
    return size === 1 ? bytes[at]! : bytes.readUInt16BE(at);
  };
}
