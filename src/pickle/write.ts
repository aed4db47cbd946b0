/**
 * Parts of a pickle of protocol 2, as few as a state dict needs, in the instructions of Python's `pickletools`. A part
 * leaves one value on the stack.
 */
export type Part = Buffer;

const mark = Buffer.from('(');

/** BINUNICODE */
export function text(value: string): Part {
  const bytes = Buffer.from(value);
  const head = Buffer.from('X\0\0\0\0');
  head.writeUInt32LE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** BININT, or LONG1 where it is not enough. Throws a RangeError above 2^53. */
export function integer(value: number): Part {
  if (!Number.isSafeInteger(value)) throw new RangeError(`Expected a whole number, got ${value}`);
  const isShort = value === (value | 0);
  const part = Buffer.from(isShort ? 'J\0\0\0\0' : '\x8a\x08\0\0\0\0\0\0\0\0', 'latin1');
  if (isShort) part.writeInt32LE(value, 1);
  else part.writeBigInt64LE(BigInt(value), 2);
  return part;
}

/** NEWFALSE */
export const no: Part = Buffer.from('\x89', 'latin1');

/** MARK ... TUPLE */
export const tuple = (...items: Part[]): Part => Buffer.concat([mark, ...items, Buffer.from('t')]);

/** GLOBAL */
export const global = (module: string, name: string): Part => Buffer.from(`c${module}\n${name}\n`);

/** REDUCE */
export const call = (target: Part, ...args: Part[]): Part =>
  Buffer.concat([target, tuple(...args), Buffer.from('R')]);

/** BINPERSID */
export const persistent = (id: Part): Part => Buffer.concat([id, Buffer.from('Q')]);

/** SETITEMS on a dictionary. */
export const withItems = (dictionary: Part, pairs: readonly (readonly [Part, Part])[]): Part =>
  Buffer.concat([dictionary, mark, ...pairs.flat(), Buffer.from('u')]);

/** PROTO ... STOP */
export const pickle = (value: Part): Uint8Array =>
  Buffer.concat([Buffer.from('\x80\x02', 'latin1'), value, Buffer.from('.')]);
