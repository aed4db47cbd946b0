import { sizeOf } from './tensor.ts';

/**
 * A tensor program is a directed acyclic graph of values. A value knows the operation that makes it and its operands,
 * so a program is nothing but its outputs: what no output needs does not exist. Shapes are static.
 */
export interface Value {
  /** Creation order: an operand's id is lower than its users'. */
  readonly id: number;
  readonly shape: readonly number[];
  readonly type: 'float32' | 'int32';
  readonly operation: Operation;
  readonly operands: readonly Value[];
}

export type Operation =
  | { readonly kind: 'input'; readonly name: string }
  | { readonly kind: 'constant'; readonly data: Float32Array | Int32Array }
  | { readonly kind: 'add' | 'subtract' | 'multiply' | 'divide' }
  | { readonly kind: 'negate' | 'exponential' | 'logarithm' | 'squareRoot' | 'relu' }
  | { readonly kind: 'reluGradient' }
  | { readonly kind: 'atLeast'; readonly bound: number }
  | { readonly kind: 'sum'; readonly axes: readonly number[] }
  | { readonly kind: 'softmax' | 'logSoftmax' }
  | { readonly kind: 'matmul'; readonly transposeA: boolean; readonly transposeB: boolean }
  | { readonly kind: 'linear' }
  | { readonly kind: 'innerProduct' }
  | { readonly kind: 'convolution'; readonly stride: number; readonly padding: number }
  | { readonly kind: 'convolutionInputGradient'; readonly stride: number; readonly padding: number }
  | { readonly kind: 'convolutionFilterGradient'; readonly stride: number; readonly padding: number }
  | {
      readonly kind: 'maxPool' | 'maxPoolGradient';
      readonly size: number;
      readonly stride: number;
      readonly padding: number;
    }
  | { readonly kind: 'affine' | 'channelProduct' | 'batchNorm' }
  | { readonly kind: 'gatherRows' }
  | { readonly kind: 'scatterAddRows' }
  | { readonly kind: 'reshape' }
  | { readonly kind: 'transpose'; readonly permutation: readonly number[] }
  | { readonly kind: 'slice'; readonly starts: readonly number[] }
  | { readonly kind: 'pad'; readonly before: readonly number[] }
  | { readonly kind: 'concatenate'; readonly axis: number }
  | { readonly kind: 'computedAs' }
  | { readonly kind: 'sequenceSlice' }
  | { readonly kind: 'sumOverSlices'; readonly slice: Value; readonly result: Value };

export type OperationKind = Operation['kind'];

let created = 0;

/** A new value; the functions of this folder that make one check its shapes. */
export function value(
  operation: Operation,
  operands: readonly Value[],
  shape: readonly number[],
  type: Value['type'] = 'float32',
): Value {
  return { id: created++, shape, type, operation, operands };
}

/** A named tensor given at each run. */
export function input(name: string, shape: readonly number[], type: Value['type'] = 'float32'): Value {
  return value({ kind: 'input', name }, [], shape, type);
}

/** A tensor fixed when the program is built. */
export function constant(data: Float32Array | Int32Array, shape: readonly number[] = [data.length]): Value {
  if (data.length !== sizeOf(shape)) {
    throw new Error(`Expected ${sizeOf(shape)} values for shape [${shape}], got ${data.length}`);
  }
  return value({ kind: 'constant', data }, [], shape, data instanceof Int32Array ? 'int32' : 'float32');
}

/** A fixed number, shape []. */
export function scalar(number: number): Value {
  return constant(Float32Array.of(number), []);
}

/** The values that `outputs` need, operands before users. */
export function reachable(outputs: readonly Value[]): Value[] {
  const seen = new Set<Value>();
  const pending = [...outputs];
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    pending.push(...forwardOperands(next));
  }
  return [...seen].sort((a, b) => a.id - b.id);
}

/** What computing a value reads; `computedAs` reads only the value it is computed as. */
export function forwardOperands(of: Value): readonly Value[] {
  return of.operation.kind === 'computedAs' ? of.operands.slice(1) : of.operands;
}
