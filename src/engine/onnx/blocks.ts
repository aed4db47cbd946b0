import type { Value } from '../../graph/value.ts';
import type { Emitter } from './emitter.ts';

/**
 * Feature maps have two layouts: plain [n, c, h, w], and blocked, where the channels stand in groups of `block` that
 * are innermost: [n, c / block, h, w, block] under the same shape. ONNX Runtime's fast convolutions work on blocks.
 * What treats each element alike works on either, so a feature map stays in the layout it is in for as long as that
 * will do; it is converted once when something needs the other.
 */
export interface Layouts {
  readonly block: number;
  define(of: Value, names: Names): void;
  /** The names it has so far. */
  namesOf(of: Value): Names;
  plain(of: Value): string;
  blocked(of: Value): string;
}

/** The names of a value's forms in the ONNX graph. */
export interface Names {
  readonly plain?: string;
  readonly blocked?: string;
}

/** `outer` knows what is outside of the loop whose body is emitted; its forms are not changed from inside. */
export function createLayouts(block: number, { emit }: Emitter, outer?: Layouts): Layouts {
  const known = new Map<Value, Names>();
  const namesOf = (of: Value) => known.get(of) ?? outer?.namesOf(of) ?? {};
  const formOf = (form: keyof Names, convert: (of: Value, names: Names) => string) => (of: Value) => {
    const names = namesOf(of);
    const name = names[form] ?? convert(of, names);
    known.set(of, { ...names, [form]: name });
    return name;
  };
  return {
    block,
    namesOf,
    define: (of, names) => known.set(of, names),
    plain: formOf('plain', (of, { blocked }) =>
      emit('nchwc:ReorderOutput', [nameGiven(blocked)], { channels: of.shape[1]! }),
    ),
    blocked: formOf('blocked', (_of, { plain }) => emit('nchwc:ReorderInput', [nameGiven(plain)])),
  };
}

function nameGiven(name: string | undefined): string {
  if (name === undefined) throw new Error('A value is used before it is computed');
  return name;
}

/** Whether a tensor of this shape has a blocked form. */
export function hasBlocks(shape: readonly number[], block: number): boolean {
  return block > 1 && shape.length === 4 && shape[1]! % block === 0;
}

/**
 * Whether an elementwise operation can be done on blocks: one operand is there in blocks, and each has the result's
 * shape or one value for each image.
 */
export function staysBlocked(of: Value, { block, namesOf }: Layouts): boolean {
  return (
    hasBlocks(of.shape, block) &&
    of.operands.some(operand => namesOf(operand).blocked !== undefined) &&
    of.operands.every(
      operand => hasShapeOf(of, operand) || operand.shape.slice(-3).every(length => length === 1),
    )
  );
}

export const hasShapeOf = (of: Value, operand: Value) => operand.shape.join() === of.shape.join();
