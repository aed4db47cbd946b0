import { type Instruction, readBy, type Slot } from './emitter.ts';

/** An instruction, and the slots that nothing reads after it. */
export interface Scheduled {
  readonly instruction: Instruction;
  /** A loop's body; empty for a call. */
  readonly body: readonly Scheduled[];
  readonly dead: readonly number[];
}

/** All that instructions read. */
export const usedBy = (instructions: readonly Instruction[]): Slot[] => instructions.flatMap(readBy);

/**
 * Instructions of one level in their order, each with the slots of that level that can be given back after it: memory
 * holds no more than what is still needed. `kept` are not given back.
 */
export function schedule(
  instructions: readonly Instruction[],
  level: number,
  kept: readonly Slot[],
): Scheduled[] {
  const needed = new Set(kept.map(({ index }) => index));
  const scheduled = instructions.toReversed().map((instruction): Scheduled => {
    const dead = new Set<number>();
    for (const slot of [instruction.output, ...readBy(instruction)]) {
      if (slot.level === level && !needed.has(slot.index)) dead.add(slot.index);
    }
    for (const index of dead) needed.add(index);
    const body =
      'body' in instruction ? schedule(instruction.body, instruction.slice.level, [instruction.result]) : [];
    return { instruction, body, dead: [...dead] };
  });
  return scheduled.toReversed();
}
