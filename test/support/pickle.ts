/** Parts of a pickle of protocol 2, written out by hand: what Python's pickler would produce, and what it would not. */
export type Part = Buffer;

const code = (hex: string) => Buffer.from(hex, 'hex');

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

export const none = code('4e');
export const bool = (value: boolean) => code(value ? '88' : '89');
export const str = (text: string) => {
  const bytes = Buffer.from(text);
  return Buffer.concat([code('58'), u32(bytes.length), bytes]);
};
/** A string of Python 2. */
export const bytestr = (bytes: Uint8Array) => Buffer.concat([code('54'), u32(bytes.length), bytes]);
/** A `bytes` of Python 3, protocol 3. */
export const bytes3 = (bytes: Uint8Array) => Buffer.concat([code('42'), u32(bytes.length), bytes]);
export const integer = (value: bigint | number) => {
  const bytes = Buffer.alloc(16);
  bytes.writeBigInt64LE(BigInt.asIntN(64, BigInt(value)));
  bytes.writeBigInt64LE(BigInt(value) >> 64n, 8);
  return Buffer.concat([code('8a10'), bytes]);
};
export const tuple = (...items: Part[]) => Buffer.concat([code('28'), ...items, code('74')]);
export const list = (...items: Part[]) => Buffer.concat([code('5d28'), ...items, code('65')]);
export const dict = (...pairs: [Part, Part][]) => Buffer.concat([code('7d28'), ...pairs.flat(), code('75')]);
export const global = (module: string, name: string) => Buffer.from(`c${module}\n${name}\n`);
export const call = (target: Part, ...args: Part[]) => Buffer.concat([target, tuple(...args), code('52')]);
export const build = (target: Part, state: Part) => Buffer.concat([target, state, code('62')]);
export const persistent = (id: Part) => Buffer.concat([id, code('51')]);
export const pickle = (value: Part, protocol = 2) =>
  Buffer.concat([code('80'), Buffer.of(protocol), value, code('2e')]);
