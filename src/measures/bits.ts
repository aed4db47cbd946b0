/** Writes numbers of any width one behind the other, most significant bit first. */
export interface BitWriter {
  /** The lowest `bits` bits, at most 32, of a whole number. */
  write(value: number, bits: number): void;
  /** What was written, the last byte filled up with zeros. */
  bytes(): Uint8Array;
}

/** `capacity` is the most bits that will be written. */
export function bitWriter(capacity: number): BitWriter {
  const bytes = new Uint8Array(Math.ceil(capacity / 8));
  let at = 0;
  return {
    write(value, bits) {
      for (let bit = bits - 1; bit >= 0; bit--, at++) {
        if ((value >>> bit) & 1) bytes[at >> 3] = bytes[at >> 3]! | (0x80 >> (at & 7));
      }
    },
    bytes: () => bytes.subarray(0, Math.ceil(at / 8)),
  };
}

/** Reads what a `BitWriter` wrote, given the widths in the same order. */
export function bitReader(bytes: Uint8Array): (bits: number) => number {
  let at = 0;
  return bits => {
    let value = 0;
    for (let i = 0; i < bits; i++, at++) value = (value << 1) | ((bytes[at >> 3]! >> (7 - (at & 7))) & 1);
    return value >>> 0;
  };
}
