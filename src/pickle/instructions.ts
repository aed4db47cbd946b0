import type { Machine } from './machine.ts';
import { opcodes } from './opcodes.ts';
import { describe, isCall, isGlobal, type PickleCall, type PickleValue } from './values.ts';

type Instruction = (machine: Machine) => void;
type Instructions = { readonly [name in keyof typeof opcodes]?: Instruction };

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

function float(machine: Machine, line: string): number {
  const value = Number(line);
  if (line === '' || Number.isNaN(value)) throw machine.fail('a decimal number', `\`${line.slice(0, 40)}\``);
  return value;
}

function quoted(machine: Machine): string {
  const text = machine.line();
  const match = /^(['"])([^\\]*)\1$/.exec(text);
  if (!match) throw machine.fail('a quoted string without escapes', `\`${text.slice(0, 40)}\``);
  return match[2]!;
}

/** Protocol 0 writes text as Latin-1 with \u0041 and \U0001f600 for what does not fit. */
function unescaped(machine: Machine, line: string): string {
  return line.replace(/\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g, (_, short?: string, long?: string) => {
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
  const make = containersByName[target.name];
  if (make !== undefined) return make(machine, args);
  return { type: 'call', name: target.name, args, state: null } satisfies PickleCall;
}

/** Python's containers that are pickled as a call of their class. */
const containersByName: Readonly<
  Record<string, (machine: Machine, args: readonly PickleValue[]) => PickleValue>
> = {
  'collections.OrderedDict': (machine, [pairs]) => dictionary(machine, pairs),
  'collections.Counter': (machine, [counts]) => dictionary(machine, counts),
  'builtins.set': (machine, [items]) => copied(machine, items),
};

/** A dictionary of a list of pairs, or of another dictionary. */
function dictionary(machine: Machine, of: PickleValue | undefined): PickleValue {
  const items = of instanceof Map ? [...of] : copied(machine, of);
  machine.spend(items.length);
  return new Map(
    items.map(pair => {
      if (!Array.isArray(pair) || pair.length !== 2) throw machine.fail('a pair', describe(pair));
      return pair as [PickleValue, PickleValue];
    }),
  );
}

function copied(machine: Machine, items: PickleValue | undefined): PickleValue[] {
  if (!Array.isArray(items)) return [];
  machine.spend(items.length);
  return [...items];
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

const numbers = {
  NONE: m => m.push(null),
  NEWTRUE: m => m.push(true),
  NEWFALSE: m => m.push(false),
  BININT1: m => m.push(m.u8()),
  BININT2: m => m.push(m.u16()),
  BININT: m => m.push(m.i32()),
  BINFLOAT: m => m.push(m.f64()),
  LONG1: m => m.push(long(m, m.u8())),
  LONG4: m => m.push(long(m, m.u32())),
  LONG: m => m.push(decimal(m, m.line())),
  FLOAT: m => m.push(float(m, m.line())),
  INT: m => {
    // Protocol 0 writes booleans like this, too.
    const line = m.line();
    m.push(line === '01' ? true : line === '00' ? false : decimal(m, line));
  },
} satisfies Instructions;

const strings = {
  STRING: m => m.push(quoted(m)),
  BINSTRING: m => m.push(latin1(m.take(m.i32()))),
  SHORT_BINSTRING: m => m.push(latin1(m.take(m.u8()))),
  UNICODE: m => m.push(unescaped(m, m.line())),
  SHORT_BINUNICODE: m => m.push(unicode(m, m.take(m.u8()))),
  BINUNICODE: m => m.push(unicode(m, m.take(m.u32()))),
  BINUNICODE8: m => m.push(unicode(m, m.take(m.u64()))),
  SHORT_BINBYTES: m => m.push(m.take(m.u8())),
  BINBYTES: m => m.push(m.take(m.u32())),
  BINBYTES8: m => m.push(m.take(m.u64())),
  BYTEARRAY8: m => m.push(m.take(m.u64())),
} satisfies Instructions;

const containers = {
  MARK: m => m.mark(),
  POP: m => void m.pop(),
  POP_MARK: m => void m.popToMark(),
  DUP: m => m.push(m.top()),
  EMPTY_LIST: m => m.push([]),
  LIST: m => m.push(m.popToMark()),
  APPEND: m => append(m, [m.pop()]),
  APPENDS: m => append(m, m.popToMark()),
  EMPTY_SET: m => m.push([]),
  ADDITEMS: m => append(m, m.popToMark()),
  FROZENSET: m => m.push(m.popToMark()),
  EMPTY_TUPLE: m => m.push([]),
  TUPLE: m => m.push(m.popToMark()),
  TUPLE1: m => tuple(m, 1),
  TUPLE2: m => tuple(m, 2),
  TUPLE3: m => tuple(m, 3),
  EMPTY_DICT: m => m.push(new Map()),
  DICT: m => {
    const items = m.popToMark();
    m.push(new Map());
    setItems(m, items);
  },
  SETITEM: m => {
    const value = m.pop();
    setItems(m, [m.pop(), value]);
  },
  SETITEMS: m => setItems(m, m.popToMark()),
} satisfies Instructions;

const memo = {
  PUT: m => m.remember(Number(decimal(m, m.line())), m.top()),
  BINPUT: m => m.remember(m.u8(), m.top()),
  LONG_BINPUT: m => m.remember(m.u32(), m.top()),
  MEMOIZE: m => m.remember(m.memoSize(), m.top()),
  GET: m => m.push(m.recall(Number(decimal(m, m.line())))),
  BINGET: m => m.push(m.recall(m.u8())),
  LONG_BINGET: m => m.push(m.recall(m.u32())),
} satisfies Instructions;

const objects = {
  PROTO: m => {
    const protocol = m.u8();
    if (protocol > 5) throw m.fail('a pickle of protocol 0 to 5', `${protocol}`);
  },
  FRAME: m => void m.u64(), // only a hint for reading ahead
  GLOBAL: m => m.push(m.global(m.line(), m.line())),
  STACK_GLOBAL: m => {
    const name = text(m, m.pop());
    m.push(m.global(text(m, m.pop()), name));
  },
  INST: m => m.push(call(m, m.global(m.line(), m.line()), m.popToMark())),
  OBJ: m => {
    const [target = null, ...args] = m.popToMark();
    m.push(call(m, target, args));
  },
  REDUCE: reduce,
  NEWOBJ: reduce, // a class in place of the function
  BUILD: build,
  PERSID: m => m.push(m.refer(m.line())),
  BINPERSID: m => m.push(m.refer(m.pop())),
} satisfies Instructions;

function reduce(machine: Machine): void {
  const args = machine.pop();
  machine.push(call(machine, machine.pop(), args));
}

const all: Required<Instructions> = { ...numbers, ...strings, ...containers, ...memo, ...objects };

/** What each instruction does, by its byte. */
export const instructions: ReadonlyMap<number, Instruction> = new Map(
  Object.entries(opcodes).map(([name, code]) => [code, all[name as keyof typeof opcodes]]),
);
