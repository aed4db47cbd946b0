import { sizeOf } from '../../graph/tensor.ts';
import type { Value } from '../../graph/value.ts';
import type { Emitter, Slot } from './emitter.ts';

/*
 * TensorFlow.js convolves images with their channels last, [n, h, w, c]; programs have them second. What comes out of a
 * convolution stays as it is for as long as that will do: a value is kept in one form, and converted where another one
 * is needed (the emitter makes a conversion once).
 */

/** The tensor of a value: as in the program, or with axis 1 moved to the end. */
export interface Form {
  readonly slot: Slot;
  readonly last: boolean;
}

export interface Layouts {
  define(of: Value, form: Form): void;
  form(of: Value): Form;
  plain(of: Value): Slot;
  last(of: Value): Slot;
}

/** Axes of the program's order as they stand with the channels last. */
export function channelsLast<T>(axes: readonly T[]): T[] {
  return [axes[0]!, ...axes.slice(2), axes[1]!];
}

export function createLayouts(emitter: Emitter): Layouts {
  const forms = new Map<Value, Form>();
  const form = (of: Value) => {
    const found = forms.get(of);
    if (!found) throw new Error('A value is used before it is computed');
    return found;
  };
  /** A transposition that moves nothing is a reshape. */
  const converted = (slot: Slot, of: Value, shape: readonly number[], perm: readonly number[]) =>
    isReshape(of.shape)
      ? emitter.call('Reshape', { x: slot }, { shape }, shape)
      : emitter.call('Transpose', { x: slot }, { perm }, shape);
  return {
    define: (of, form) => forms.set(of, form),
    form,
    plain(of) {
      const { slot, last } = form(of);
      if (!last) return slot;
      const rank = of.shape.length;
      return converted(slot, of, of.shape, [0, rank - 1, ...of.shape.slice(2).map((_, i) => i + 1)]);
    },
    last(of) {
      const { slot, last } = form(of);
      if (last) return slot;
      return converted(slot, of, channelsLast(of.shape), channelsLast(of.shape.map((_, axis) => axis)));
    },
  };
}

const isReshape = (shape: readonly number[]) => shape[1] === 1 || sizeOf(shape.slice(2)) === 1;

const hasShapeOf = (of: Value, operand: Value) => operand.shape.join() === of.shape.join();

/**
 * Whether an elementwise operation is done with the channels last: some operand is there that way (or all that are as
 * large as the result are constants, which can be had either way), and the others have as many axes.
 */
export function staysLast(of: Value, { form }: Layouts): boolean {
  if (of.shape.length < 3) return false;
  const forms = of.operands.map(form);
  const whole = forms.filter((_, i) => hasShapeOf(of, of.operands[i]!));
  const free = whole.every(({ slot }) => slot.level === 0) && forms.some(({ slot }) => slot.level > 0);
  return (
    of.operands.every(({ shape }) => shape.length === of.shape.length || shape.length === 0) &&
    (forms.some(({ last }) => last) || (free && of.shape.length === 4 && sizeOf(of.shape.slice(2)) > 1))
  );
}
