import type { OperationKind, Value } from '../../graph/value.ts';
import type { Emitter, Slot } from './emitter.ts';
import type { Form, Layouts } from './layouts.ts';

/**
 * What a backend can do that not all can; it is composed of other kernels elsewhere.
 * - `transposed factors`: matrix products take them as they are, as fast as others;
 * - `input gradients`: Conv2DBackpropInput;
 * - `filter gradients`: Conv2DBackpropFilter;
 * - `many products`: many small matrix products at once, faster than few large ones;
 * - `inner products`: InnerProduct { a, b }, of each row of two tensors;
 * - `ReLU gradients`: ReluGradient { dy, x }, dy where x is positive, else zero.
 */
export type Strength =
  | 'transposed factors'
  | 'input gradients'
  | 'filter gradients'
  | 'many products'
  | 'inner products'
  | 'ReLU gradients';

/** What a lowering works with: instructions to emit, and its operands by layout. */
export interface Context extends Emitter, Layouts {
  readonly strengths: ReadonlySet<Strength>;
  /** What is to be computed with the ReLU that follows it. */
  readonly rectified: ReadonlySet<Value>;
}

/** Emits the instructions that compute a value; the result is as in the program unless it says so. */
export type Lowering = (of: Value, context: Context) => Slot | Form;

/** The operation of a value that is known to be of this kind, with what that kind has to say. */
export function operationOf<Kind extends OperationKind>(of: Value, _kind: Kind) {
  return of.operation as Extract<Value['operation'], { kind: Kind }>;
}

/** What a fused kernel does to its result. */
export const activationOf = (of: Value, { rectified }: Context) => (rectified.has(of) ? 'relu' : 'linear');
