import type { Machine } from './pickle-machine.ts';
import { describe, isCall, isGlobal, type PickleCall, type PickleValue } from './pickle-values.ts';

type Instruction = (machine: Machine) => void;

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Python 2's strings are bytes; one character a byte keeps them whole. */
const latin1 = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');

function unicode(machine: Machine, bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw machine.fail('UTF-8 text', 'other bytes');
  }
}

/** Integers beyond 2^53 stay exact as bigint. */
const exact = (value: bigint) => (value === BigInt.asIntN(53, value) ? Number(value) : value);

/** Numbers of a pickle longer than this are no lengths, counts or magic numbers. */
const maxIntegerBytes = 64;

/** A little-endian integer in two's complement. */
function long(machine: Machine, length: number): number | bigint {
  if (length > maxIntegerBytes)
    throw machine.fail(`an integer of at most ${maxIntegerBytes} bytes`, `${length}`);
  const bytes = machine.take(length);
  let value = 0n;
  for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return exact(BigInt.asIntN(8 * length, value));
}

function decimal(machine: Machine, text: string): number | bigint {
  if (!/^[+-]?\d{1,150}L?$/.test(text)) throw machine.fail('a decimal integer', `\`${text.slice(0, 40)}\``);
  return exact(BigInt(text.replace(/^\+|L$/g, '')));
}

function quoted(machine: Machine): string {
  const text = machine.line();
  const match = /^(['"])([^\\]*)\1$/.exec(text);
  if (!match) throw machine.fail('a quoted string without escapes', `\`${text.slice(0, 40)}\``);
  return match[2]!;
}

/** Protocol 0 writes text as Latin-1 with \u0041 and \U0001f600 for what does not fit. */
function unescaped(machine: Machine, line: string): string {
  return line.replace(/\\u([0-9a-f]{4})|\\U([0-9a-f]{8})/gi, (_, short?: string, long?: string) => {
    const point = Number.parseInt(short ?? long ?? '', 16);
    if (point > 0x10ffff) throw machine.fail('a character of Unicode', `${point}`);
    return String.fromCodePoint(point);
  });
}

function text(machine: Machine, value: PickleValue): string {
  if (typeof value !== 'string') throw machine.fail('a string', describe(value));
  return value;
}

function call(machine: Machine, target: PickleValue, args: PickleValue): PickleValue {
  if (!isGlobal(target)) throw machine.fail('a known function', describe(target));
  if (!Array.isArray(args)) throw machine.fail('a tuple of arguments', describe(args));
  if (target.name !== 'collections.OrderedDict') {
    return { type: 'call', name: target.name, args, state: null } satisfies PickleCall;
  }
  const [pairs = []] = args;
  const items = Array.isArray(pairs) ? pairs : [];
  machine.spend(items.length);
  return new Map(
    items.map(pair => {
      if (!Array.isArray(pair) || pair.length !== 2) throw machine.fail('a pair', describe(pair));
      return pair as [PickleValue, PickleValue];
    }),
  );
}

function build(machine: Machine): void {
  const state = machine.pop();
  const target = machine.top();
  if (isCall(target)) {
    target.state = state;
  } else if (!(target instanceof Map)) {
    throw machine.fail('an object to set attributes of', describe(target));
  }
  // Attributes of a dictionary (a state dict's `_metadata`) hold no tensors.
}

function append(machine: Machine, items: readonly PickleValue[]): void {
  const list = machine.top();
  if (!Array.isArray(list)) throw machine.fail('a list', describe(list));
  for (const item of items) list.push(item);
}

function setItems(machine: Machine, items: readonly PickleValue[]): void {
  const map = machine.top();
  if (!(map instanceof Map)) throw machine.fail('a dictionary', describe(map));
  if (items.length % 2 !== 0) throw machine.fail('pairs of key and value', `${items.length} values`);
  for (let i = 0; i < items.length; i += 2) map.set(items[i]!, items[i + 1]!);
}

function tuple(machine: Machine, length: number): void {
  const items = Array.from({ length }, machine.pop);
  machine.push(items.reverse());
}

const numbers: Record<number, Instruction> = {
  78: m => m.push(null), // NONE
  136: m => m.push(true), // NEWTRUE
  137: m => m.push(false), // NEWFALSE
  75: m => m.push(m.u8()), // BININT1
  77: m => m.push(m.u16()), // BININT2
  74: m => m.push(m.i32()), // BININT
  71: m => m.push(m.f64()), // BINFLOAT
  138: m => m.push(long(m, m.u8())), // LONG1
  139: m => m.push(long(m, m.u32())), // LONG4
  76: m => m.push(decimal(m, m.line())), // LONG
  70: m => m.push(Number(m.line())), // FLOAT
  73: m => {
    // INT, which is also how protocol 0 writes booleans.
    const line = m.line();
    m.push(line === '01' ? true : line === '00' ? false : decimal(m, line));
  },
};

const strings: Record<number, Instruction> = {
  83: m => m.push(quoted(m)), // STRING
  84: m => m.push(latin1(m.take(m.i32()))), // BINSTRING
  85: m => m.push(latin1(m.take(m.u8()))), // SHORT_BINSTRING
  86: m => m.push(m.line()), // UNICODE
  140: m => m.push(unicode(m, m.take(m.u8()))), // SHORT_BINUNICODE
  88: m => m.push(unicode(m, m.take(m.u32()))), // BINUNICODE
  141: m => m.push(unicode(m, m.take(m.u64()))), // BINUNICODE8
  67: m => m.push(m.take(m.u8())), // SHORT_BINBYTES
  66: m => m.push(m.take(m.u32())), // BINBYTES
  142: m => m.push(m.take(m.u64())), // BINBYTES8
  150: m => m.push(m.take(m.u64())), // BYTEARRAY8
};

const containers: Record<number, Instruction> = {
  40: m => m.mark(), // MARK
  48: m => void m.pop(), // POP
  49: m => void m.popToMark(), // POP_MARK
  50: m => m.push(m.top()), // DUP
  93: m => m.push([]), // EMPTY_LIST
  108: m => m.push(m.popToMark()), // LIST
  97: m => append(m, [m.pop()]), // APPEND
  101: m => append(m, m.popToMark()), // APPENDS
  41: m => m.push([]), // EMPTY_TUPLE
  116: m => m.push(m.popToMark()), // TUPLE
  133: m => tuple(m, 1), // TUPLE1
  134: m => tuple(m, 2), // TUPLE2
  135: m => tuple(m, 3), // TUPLE3
  125: m => m.push(new Map()), // EMPTY_DICT
  100: m => {
    // DICT
    const items = m.popToMark();
    m.push(new Map());
    setItems(m, items);
  },
  115: m => {
    // SETITEM
    const value = m.pop();
    setItems(m, [m.pop(), value]);
  },
  117: m => setItems(m, m.popToMark()), // SETITEMS
};

const memo: Record<number, Instruction> = {
  112: m => m.remember(Number(decimal(m, m.line())), m.top()), // PUT
  113: m => m.remember(m.u8(), m.top()), // BINPUT
  114: m => m.remember(m.u32(), m.top()), // LONG_BINPUT
  148: m => m.remember(m.memoSize(), m.top()), // MEMOIZE
  103: m => m.push(m.recall(Number(decimal(m, m.line())))), // GET
  104: m => m.push(m.recall(m.u8())), // BINGET
  106: m => m.push(m.recall(m.u32())), // LONG_BINGET
};

const objects: Record<number, Instruction> = {
  128: m => {
    // PROTO
    const protocol = m.u8();
    if (protocol > 5) throw m.fail('a pickle of protocol 0 to 5', `${protocol}`);
  },
  149: m => void m.u64(), // FRAME: only a hint for reading ahead
  99: m => m.push(m.global(m.line(), m.line())), // GLOBAL
  147: m => {
    // STACK_GLOBAL
    const name = text(m, m.pop());
    m.push(m.global(text(m, m.pop()), name));
  },
  105: m => m.push(call(m, m.global(m.line(), m.line()), m.popToMark())), // INST
  111: m => {
    // OBJ
    const [target = null, ...args] = m.popToMark();
    m.push(call(m, target, args));
  },
  82: reduce, // REDUCE
  129: reduce, // NEWOBJ: a class in place of the function
  98: build, // BUILD
  80: m => m.push(m.refer(m.line())), // PERSID
  81: m => m.push(m.refer(m.pop())), // BINPERSID
};

function reduce(machine: Machine): void {
  const args = machine.pop();
  machine.push(call(machine, machine.pop(), args));
}

/** What each instruction does, by its byte; named as in Python's pickletools. */
export const instructions: Readonly<Record<number, Instruction>> = {
  ...numbers,
  ...strings,
  ...containers,
  ...memo,
  ...objects,
};
