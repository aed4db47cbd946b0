import type { FailureKind } from '../failure.ts';
import { instructions } from './instructions.ts';
import { createMachine } from './machine.ts';
import { stop } from './opcodes.ts';
import type { PicklePersistent, PickleValue } from './values.ts';

/**
 * Reads a pickle as plain data; nothing in it is ever executed. A pickle is a program that may name and call any
 * function of Python: here only the names in `globals` are known, and a call of one is recorded as `PickleCall` for
 * the caller to interpret. Protocols 0 to 5, without extension registry and out-of-band buffers.
 *
 * Returns the value, every persistent id met, and the position after the pickle. Throws a Failure of the given kind
 * that names `file` and the byte.
 */
export function unpickle(
  bytes: Uint8Array,
  options: { file: string; kind: FailureKind; globals: ReadonlySet<string>; start?: number },
): { value: PickleValue; persistent: readonly PicklePersistent[]; end: number } {
  const machine = createMachine(bytes, options);
  for (;;) {
    const code = machine.nextInstruction();
    if (code === stop) break;
    const instruction = instructions.get(code);
    if (!instruction) throw machine.fail('a known instruction', `0x${code.toString(16).padStart(2, '0')}`);
    instruction(machine);
  }
  return { value: machine.pop(), persistent: machine.persistent, end: machine.position() };
}
