import type { Random } from '../../src/random.ts';

/** Numbers at which lengths, counts and places go wrong. */
const extremes = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff];
const digits = ['0', '-1', '1e9', '4294967296', '9007199254740993', '18446744073709551615', '00', ''];

type Mutation = (bytes: Buffer, random: Random, others: readonly Buffer[]) => Buffer;

const joined = (...parts: Uint8Array[]) => Buffer.concat(parts);
const written = (bytes: Buffer, write: (copy: Buffer) => void) => {
  const copy = Buffer.from(bytes);
  write(copy);
  return copy;
};
/** A part of the bytes: its begin and end. */
const span = (bytes: Buffer, random: Random): [number, number] => {
  const from = random.below(bytes.length + 1);
  return [from, Math.min(bytes.length, from + 1 + random.below(1 + Math.min(64, bytes.length)))];
};

const mutations: readonly Mutation[] = [
  // A flipped bit, and a byte of the kind that formats give a meaning.
  (bytes, random) =>
    written(bytes, copy => {
      copy[random.below(copy.length)]! ^= 1 << random.below(8);
    }),
  (bytes, random) =>
    written(bytes, copy => {
      copy[random.below(copy.length)] = extremes[random.below(6)]!;
    }),
  // A length field, of two, four or eight bytes, in either order.
  (bytes, random) =>
    written(bytes, copy => {
      const size = 2 << random.below(3);
      if (copy.length < size) return;
      const at = random.below(copy.length - size + 1);
      const value = random.below(4) === 0 ? copy.length + random.below(5) - 2 : extremes[random.below(12)]!;
      if (size === 2) copy.writeUInt16LE(value & 0xffff, at);
      else if (random.below(4) === 0) copy.writeUInt32BE(value, at);
      else copy.writeUInt32LE(value >>> 0, at);
      if (size === 8) copy.writeUInt32LE(random.below(3) === 0 ? 0x7fffffff : 0, at + 4);
    }),
  // A number written in digits.
  (bytes, random) => {
    const found = [...bytes.toString('latin1').matchAll(/-?\d+/g)];
    if (found.length === 0) return bytes;
    const { index, 0: old } = found[random.below(found.length)]!;
    const value = random.below(3) === 0 ? String(BigInt(old) + 1n) : digits[random.below(digits.length)]!;
    return joined(bytes.subarray(0, index), Buffer.from(value), bytes.subarray(index + old.length));
  },
  // Cut short; a part missing, twice, or many times; two parts in each other's place.
  (bytes, random) => bytes.subarray(0, random.below(bytes.length + 1)),
  (bytes, random) => {
    const [from, to] = span(bytes, random);
    return joined(bytes.subarray(0, from), bytes.subarray(to));
  },
  (bytes, random) => {
    const [from, to] = span(bytes, random);
    const part = bytes.subarray(from, to);
    const times = random.below(8) === 0 ? 50 : 1;
    return joined(bytes.subarray(0, to), ...Array<Buffer>(times).fill(part), bytes.subarray(to));
  },
  (bytes, random) => {
    const [a, b] = [span(bytes, random), span(bytes, random)].sort((one, other) => one[0] - other[0]);
    if (a![1] > b![0]) return bytes;
    const part = ([from, to]: [number, number]) => bytes.subarray(from, to);
    return joined(part([0, a![0]]), part(b!), part([a![1], b![0]]), part(a!), part([b![1], bytes.length]));
  },
  // A part of another file of the kind.
  (bytes, random, others) => {
    const other = others[random.below(others.length)]!;
    const [from, to] = span(other, random);
    const at = random.below(bytes.length + 1);
    const kept = random.below(2) === 0 ? at : Math.min(bytes.length, at + to - from);
    return joined(bytes.subarray(0, at), other.subarray(from, to), bytes.subarray(kept));
  },
];

/** The bytes with one to three things wrong; `others` are files of the same kind. */
export function mutated(bytes: Buffer, random: Random, others: readonly Buffer[]): Buffer {
  let result = bytes;
  for (let left = 1 + random.below(3); left > 0 && result.length > 0; left--)
    result = mutations[random.below(mutations.length)]!(result, random, others);
  return result;
}
