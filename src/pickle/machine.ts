import { Failure, type FailureKind } from '../failure.ts';
import type { PickleGlobal, PicklePersistent, PickleValue } from './values.ts';

/** The python version of CIFAR-100 takes 600,000 instructions, the state dict of a ResNet152 60,000. */
const maxInstructions = 5_000_000;
/** Python's pickler flushes containers every 1,000 items; anything deeper is made to exhaust memory. */
const maxStack = 100_000;
/** CIFAR-100 remembers each of its 50,000 file names. */
const maxMemo = 1_000_000;
/** The pixels of CIFAR-100's training set are one string of 154 MB. */
const maxString = 256 * 2 ** 20;
/** A name, or a number in decimal digits. */
const maxLine = 1024;

const unknownName =
  'Loading this file in Python calls what this name stands for, a class or function of its own choice; here nothing ' +
  "was called. PyTorch's safe loader (`weights_only`) refuses it as well. Where you trust the file, load it in Python " +
  'and save its state dict, or its arrays, alone.';

export type Machine = ReturnType<typeof createMachine>;

/** The state of the pickle machine: a cursor, a stack with marks, and a memo. */
export function createMachine(
  bytes: Uint8Array,
  options: { file: string; kind: FailureKind; globals: ReadonlySet<string>; start?: number },
) {
  const { file, kind, globals, start = 0 } = options;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const memo = new Map<number, PickleValue>();
  const persistent: PicklePersistent[] = [];
  const outer: PickleValue[][] = [];
  let stack: PickleValue[] = [];
  let depth = 0;
  let cursor = start;
  let current = start;
  let executed = 0;

  const fail = (expected: string, found: string, hint = 'The file is damaged: get it again.') =>
    new Failure(kind, `Expected ${expected} at byte ${current} of ${file}, got ${found}`, hint, {
      file,
      byte: current,
    });

  const spend = (count: number) => {
    executed += count;
    if (executed > maxInstructions) throw fail(`at most ${maxInstructions} instructions`, 'more');
  };

  /** The position of the next `count` bytes, which are thereby consumed. */
  const skip = (count: number): number => {
    if (count < 0 || count > bytes.length - cursor) {
      throw fail(`${count} more bytes`, `${bytes.length - cursor}`);
    }
    cursor += count;
    return cursor - count;
  };

  const take = (count: number): Uint8Array => {
    if (count > maxString) throw fail(`a string of at most ${maxString} bytes`, `${count}`);
    const from = skip(count);
    return bytes.subarray(from, from + count);
  };

  const push = (value: PickleValue) => {
    if (++depth > maxStack) throw fail(`at most ${maxStack} values on the stack`, 'more');
    stack.push(value);
  };

  const pop = (): PickleValue => {
    const value = stack.pop();
    if (value === undefined) throw fail('a value on the stack', 'none');
    depth--;
    return value;
  };

  return {
    fail,
    take,
    push,
    pop,
    persistent,
    position: () => cursor,

    nextInstruction(): number {
      current = cursor;
      spend(1);
      return bytes[skip(1)]!;
    },

    /** Counts work that one instruction repeats as that many instructions. */
    spend,

    u8: () => view.getUint8(skip(1)),
    u16: () => view.getUint16(skip(2), true),
    u32: () => view.getUint32(skip(4), true),
    i32: () => view.getInt32(skip(4), true),
    f64: () => view.getFloat64(skip(8), false),
    /** An unsigned 64-bit length, as a number: one beyond 2^53 is beyond every limit as well. */
    u64: () => Number(view.getBigUint64(skip(8), true)),

    /** Text up to the next newline, which is consumed. */
    line(): string {
      const end = bytes.subarray(cursor, cursor + maxLine).indexOf(0x0a);
      if (end < 0) throw fail(`a line of at most ${maxLine} bytes`, 'none that ends');
      const text = Buffer.from(take(end)).toString('latin1');
      skip(1);
      return text;
    },

    /** The last value, left on the stack. */
    top(): PickleValue {
      const value = pop();
      push(value);
      return value;
    },

    mark() {
      if (++depth > maxStack) throw fail(`at most ${maxStack} values on the stack`, 'more');
      outer.push(stack);
      stack = [];
    },

    /** The values since the last mark, removed together with it. */
    popToMark(): PickleValue[] {
      const values = stack;
      const below = outer.pop();
      if (!below) throw fail('a mark on the stack', 'none');
      stack = below;
      depth -= values.length + 1;
      return values;
    },

    remember(key: number, value: PickleValue) {
      memo.set(key, value);
      if (memo.size > maxMemo) throw fail(`at most ${maxMemo} remembered values`, 'more');
    },

    memoSize: () => memo.size,

    recall(key: number): PickleValue {
      const value = memo.get(key);
      if (value === undefined) throw fail('a remembered value', `the unknown key ${key}`);
      return value;
    },

    /**
     * The global of that name if it is one of those that are known, by its module in Python 3; any other is refused by its
     * name.
     */
    global(module: string, name: string): PickleGlobal {
      const full = `${module}.${name}`;
      const known = full.replace(/^__builtin__\./, 'builtins.');
      if (globals.has(known)) return { type: 'global', name: known };
      throw fail('plain data', `the Python name \`${full}\``, unknownName);
    },

    refer(id: PickleValue): PicklePersistent {
      const reference: PicklePersistent = { type: 'persistent', id };
      persistent.push(reference);
      return reference;
    },
  };
}
