import { inflateSync } from 'node:zlib';

/*
 * MATLAB's MAT-files of level 5, as far as lists of numbers, texts and structures go ("MAT-File Format", MathWorks,
 * chapter 1). No byte of them is executed; what is not told here is passed over.
 */

/** A value: numbers as a list, a text, or a list of structures; undefined for what is none of them. */
export type MatValue = readonly number[] | string | readonly MatStructure[] | undefined;
export type MatStructure = ReadonlyMap<string, MatValue>;

const headerBytes = 128;
/** What a compressed variable may expand to; that of ImageNet's synsets has 2 MB. */
const maxInflated = 64 * 2 ** 20;
/** Structures in structures. */
const maxDepth = 16;
/** More structures in a list than any file of a data set has. */
const maxItems = 1_000_000;

const matrixType = 14;
const compressedType = 15;
const structureClass = 2;
const characterClass = 4;

/** Numbers by their type in a tag: how many bytes, how they are read. */
const numbers: Readonly<
  Record<number, readonly [bytes: number, read: (data: Buffer, at: number) => number]>
> = {
  1: [1, (data, at) => data.readInt8(at)],
  2: [1, (data, at) => data.readUInt8(at)],
  3: [2, (data, at) => data.readInt16LE(at)],
  4: [2, (data, at) => data.readUInt16LE(at)],
  5: [4, (data, at) => data.readInt32LE(at)],
  6: [4, (data, at) => data.readUInt32LE(at)],
  7: [4, (data, at) => data.readFloatLE(at)],
  9: [8, (data, at) => data.readDoubleLE(at)],
  12: [8, (data, at) => Number(data.readBigInt64LE(at))],
  13: [8, (data, at) => Number(data.readBigUInt64LE(at))],
};
const utf8Type = 16;
const utf16Type = 17;

interface Element {
  readonly type: number;
  readonly data: Buffer;
  /** Where the next one begins. */
  readonly next: number;
}

/** The variables in a file, by their names. Throws an Error that says what is wrong with the file. */
export function readMat(file: Buffer): Map<string, MatValue> {
  if (
    file.subarray(0, 19).toString('latin1') !== 'MATLAB 5.0 MAT-file' ||
    file.toString('latin1', 126, 128) !== 'IM'
  )
    throw new Error('it is no MAT-file of level 5');
  const variables = new Map<string, MatValue>();
  for (let at = headerBytes; at < file.length; ) {
    const outer = elementAt(file, at, false);
    at = outer.next;
    const inner =
      outer.type === compressedType
        ? elementAt(inflateSync(outer.data, { maxOutputLength: maxInflated }), 0, false)
        : outer;
    if (inner.type !== matrixType) continue;
    const { name, value } = matrix(inner.data, 0);
    variables.set(name, value);
  }
  return variables;
}

/** A tag and what it announces; short data is in the tag itself. Elements are aligned to 8 bytes but for the outermost. */
function elementAt(data: Buffer, at: number, isAligned = true): Element {
  if (at + 8 > data.length) throw new Error('it ends within a tag');
  const first = data.readUInt32LE(at);
  const short = first >>> 16;
  const [type, from, length] =
    short > 0 ? [first & 0xffff, at + 4, short] : [first, at + 8, data.readUInt32LE(at + 4)];
  if (short > 4 || from + length > data.length) throw new Error('it ends within a value');
  const end = from + length;
  const next = short > 0 ? at + 8 : isAligned ? end + ((8 - (end % 8)) % 8) : end;
  return { type, data: data.subarray(from, end), next };
}

function matrix(data: Buffer, depth: number): { name: string; value: MatValue } {
  if (depth > maxDepth) throw new Error(`its structures are deeper than ${maxDepth}`);
  let at = 0;
  const take = () => {
    const element = elementAt(data, at);
    at = element.next;
    return element;
  };
  // An empty value has nothing at all.
  if (data.length === 0) return { name: '', value: undefined };
  const kind = take().data.readUInt8(0);
  const count = numbersOf(take()).reduce((product, size) => product * size, 1);
  const name = take().data.toString('latin1');
  if (kind === structureClass) return { name, value: structures(count, take, depth) };
  if (kind === characterClass) return { name, value: textOf(take()) };
  const isNumeric = kind >= 6 && kind <= 15;
  return { name, value: isNumeric ? numbersOf(take()) : undefined };
}

function structures(count: number, take: () => Element, depth: number): MatStructure[] {
  const [length = 0] = numbersOf(take());
  const names = take().data;
  if (count < 0 || count > maxItems || length < 1) throw new Error(`it has a list of ${count} structures`);
  const keys: string[] = [];
  for (let i = 0; i < names.length; i += length)
    keys.push(names.toString('latin1', i, i + length).replace(/\0.*$/s, ''));
  const field = () => {
    const { type, data } = take();
    if (type !== matrixType) throw new Error('it has a field that is no matrix');
    return matrix(data, depth + 1).value;
  };
  // A list without fields takes no bytes: its length alone would fill the memory.
  if (keys.length === 0) return [];
  return Array.from({ length: count }, () => new Map(keys.map(key => [key, field()])));
}

function numbersOf({ type, data }: Element): number[] {
  const known = numbers[type];
  if (known === undefined) throw new Error(`it has numbers of the unknown type ${type}`);
  const [bytes, read] = known;
  return Array.from({ length: Math.floor(data.length / bytes) }, (_, i) => read(data, i * bytes));
}

function textOf({ type, data }: Element): string {
  if (type === utf8Type) return data.toString('utf8');
  const isWide = type === utf16Type || numbers[type]?.[0] === 2;
  return data.toString(isWide ? 'utf16le' : 'latin1');
}
