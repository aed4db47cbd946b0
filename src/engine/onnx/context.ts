import type { OperationKind, Value } from '../../graph/value.ts';
import type { Layouts, Names } from './blocks.ts';
import type { Dialect } from './dialect.ts';
import type { Emitter } from './emitter.ts';

/** What a lowering works with: nodes to emit, its operands by layout, and how the provider wants them. */
export type Context = Emitter & Layouts & { readonly dialect: Dialect };

/** Emits the ONNX nodes that compute a value; returns the name of the result, plain unless it says so. */
export type Lowering = (of: Value, context: Context) => string | Names;

/** The operation of a value that is known to be of this kind, with what that kind has to say. */
export function operationOf<Kind extends OperationKind>(of: Value, _kind: Kind) {
  return of.operation as Extract<Value['operation'], { kind: Kind }>;
}
