import type { OperationKind, Value } from '../../graph/value.ts';
import type { Emitter, Slot } from './emitter.ts';
import type { Form, Layouts } from './layouts.ts';

/** What a backend is good at. */
export interface Traits {
  /** Matrix products take transposed factors as they are; else they are transposed first. */
  readonly transposedFactors: boolean;
  /** The gradients of a convolution have kernels of their own; else they are made of convolutions. */
  readonly convolutionGradients: boolean;
}

/** What a lowering works with: instructions to emit, and its operands by layout. */
export interface Context extends Emitter, Layouts {
  readonly traits: Traits;
}

/** Emits the instructions that compute a value; the result is as in the program unless it says so. */
export type Lowering = (of: Value, context: Context) => Slot | Form;

/** The operation of a value that is known to be of this kind, with what that kind has to say. */
export function operationOf<Kind extends OperationKind>(of: Value, _kind: Kind) {
  return of.operation as Extract<Value['operation'], { kind: Kind }>;
}
