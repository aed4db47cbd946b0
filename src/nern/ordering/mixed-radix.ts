/**
 * The number whose digits, the lowest first, have the given radices, as `length` bytes, the lowest first. Throws a
 * RangeError where it needs more.
 */
export function toBytes(digits: Uint32Array, radices: Uint32Array, length: number): Uint8Array {
  const widths = bitWidths(radices);
  if (widths !== undefined) return packBits(digits, widths, length);
  const hexadecimal = numberOf(digits, productTree(radices))
    .toString(16)
    .padStart(2 * length, '0');
  if (hexadecimal.length > 2 * length) throw new RangeError(`Expected a number of ${length} bytes`);
  return Uint8Array.from(Buffer.from(hexadecimal, 'hex')).reverse();
}

/** The digits of the number in `bytes`; undefined where it has more than the radices allow for. */
export function fromBytes(bytes: Uint8Array, radices: Uint32Array): Uint32Array | undefined {
  const widths = bitWidths(radices);
  if (widths !== undefined) return unpackBits(bytes, widths);
  const tree = productTree(radices);
  const value = BigInt(`0x0${Buffer.from(bytes).reverse().toString('hex')}`);
  if (value >= tree.product) return undefined;
  const digits = new Uint32Array(radices.length);
  split(value, tree, digits);
  return digits;
}

/** The bits of each digit when all radices are powers of two. */
function bitWidths(radices: Uint32Array): Uint8Array | undefined {
  return radices.every(radix => (radix & (radix - 1)) === 0)
    ? Uint8Array.from(radices, Math.log2)
    : undefined;
}

function packBits(digits: Uint32Array, widths: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const [i, digit] of digits.entries()) {
    for (let bit = 0; bit < widths[i]!; bit++, at++) {
      if ((digit >>> bit) & 1) bytes[at >>> 3]! |= 1 << (at & 7);
    }
  }
  return bytes;
}

function unpackBits(bytes: Uint8Array, widths: Uint8Array): Uint32Array | undefined {
  let at = 0;
  const digits = Uint32Array.from(widths, width => {
    let digit = 0;
    for (let bit = 0; bit < width; bit++, at++) digit |= ((bytes[at >>> 3]! >>> (at & 7)) & 1) << bit;
    return digit >>> 0;
  });
  // What is left of the last byte belongs to no digit.
  return at % 8 === 0 || bytes.at(-1)! >>> (at % 8) === 0 ? digits : undefined;
}

/** Products of radices, so that numbers of millions of bits are made and split by few multiplications of large parts. */
interface Products {
  readonly product: bigint;
  readonly first: number;
  readonly halves: readonly [Products, Products] | undefined;
}

function productTree(radices: Uint32Array, first = 0, end = radices.length): Products {
  if (end - first <= 1)
    return { product: end > first ? BigInt(radices[first]!) : 1n, first, halves: undefined };
  const middle = (first + end) >>> 1;
  const halves = [productTree(radices, first, middle), productTree(radices, middle, end)] as const;
  return { product: halves[0].product * halves[1].product, first, halves };
}

function numberOf(digits: Uint32Array, { halves, first }: Products): bigint {
  if (halves === undefined) return BigInt(digits[first] ?? 0);
  return numberOf(digits, halves[0]) + halves[0].product * numberOf(digits, halves[1]);
}

function split(value: bigint, { halves, first }: Products, digits: Uint32Array): void {
  if (halves === undefined) {
    digits[first] = Number(value);
    return;
  }
  split(value % halves[0].product, halves[0], digits);
  split(value / halves[0].product, halves[1], digits);
}
