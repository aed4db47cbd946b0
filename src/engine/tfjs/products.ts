import type { Value } from '../../graph/value.ts';
import { activationOf, type Context, operationOf } from './context.ts';
import type { Slot } from './emitter.ts';

/** A factor of a product as that product can take it: itself and whether it is to be transposed. */
function factor(x: Slot, transposed: boolean, { call, strengths }: Context): [Slot, boolean] {
  if (!transposed || strengths.has('transposed factors')) return [x, transposed];
  const last = x.shape.length - 1;
  const perm = [...x.shape.keys()].slice(0, -2).concat(last, last - 1);
  return [
    call(
      'Transpose',
      { x },
      { perm },
      perm.map(axis => x.shape[axis]!),
    ),
    false,
  ];
}

/** Matrices as stacks of one: kernels want three axes. */
function stack(x: Slot, { call }: Context): Slot {
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  const shape = [x.shape.slice(0, -2).reduce((product, length) => product * length, 1), rows, columns];
  return x.shape.length === 3 ? x : call('Reshape', { x }, { shape }, shape);
}

export function lowerMatmul(of: Value, operands: readonly Slot[], context: Context): Slot {
  const { call } = context;
  const operation = operationOf(of, 'matmul');
  const [a, transposeA] = factor(operands[0]!, operation.transposeA, context);
  const [b, transposeB] = factor(operands[1]!, operation.transposeB, context);
  const [a3, b3] = [stack(a, context), stack(b, context)];
  const shape = [a3.shape[0]!, ...of.shape.slice(-2)];
  const product = call('BatchMatMul', { a: a3, b: b3 }, { transposeA, transposeB }, shape);
  return of.shape.length === 3 ? product : call('Reshape', { x: product }, { shape: of.shape }, of.shape);
}

/** x W' + b in one kernel. */
export function lowerLinear(of: Value, [x, weight, bias]: readonly Slot[], context: Context): Slot {
  const { call } = context;
  const [b, transposeB] = factor(weight!, true, context);
  const inputs = { a: stack(x!, context), b: stack(b, context), bias: bias! };
  const attributes = {
    transposeA: false,
    transposeB,
    activation: activationOf(of, context),
    leakyreluAlpha: 0,
  };
  const product = call('_FusedMatMul', inputs, attributes, [1, ...of.shape]);
  return call('Reshape', { x: product }, { shape: of.shape }, of.shape);
}
