import {
  add,
  atLeast,
  divide,
  multiply,
  negate,
  scale,
  square,
  squareRoot,
  subtract,
} from './elementwise.ts';
import type { GradientRules } from './gradient-rule.ts';
import { sum } from './reduction.ts';
import { sizeOf } from './tensor.ts';
import { constant, scalar, type Value, value } from './value.ts';

/** The axes of x [n, c, ...] but that of the channels. */
const besidesChannels = (x: Value) => x.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));

/** x [n, c, h, w] times `factor` [c] plus `offset` [c], channel by channel, plus `added` of x's shape. */
export function affine(x: Value, factor: Value, offset: Value, added?: Value): Value {
  const [, channels] = x.shape;
  const fits = (of: Value) => of.shape.join() === `${channels}`;
  if (x.shape.length !== 4 || !fits(factor) || !fits(offset) || (added && !sameShape(added, x)))
    throw new Error(`Cannot scale the channels of [${x.shape}] by [${factor.shape}] and [${offset.shape}]`);
  return value({ kind: 'affine' }, added ? [x, factor, offset, added] : [x, factor, offset], x.shape);
}

/** The inner product of each channel of two tensors [n, c, h, w]: [c]. */
export function channelProduct(a: Value, b: Value): Value {
  if (a.shape.length !== 4 || !sameShape(a, b))
    throw new Error(`Expected channels of [${a.shape}], got [${b.shape}]`);
  return value({ kind: 'channelProduct' }, [a, b], [a.shape[1]!]);
}

const sameShape = (a: Value, b: Value) => a.shape.join() === b.shape.join();

export interface Normalised {
  readonly result: Value;
  /** [c], and without a gradient, as the variance. */
  readonly average: Value;
  /** Of the population, so to speak: the sum of squares is divided by the number of values. */
  readonly variance: Value;
}

/**
 * Batch norm in training mode (Ioffe & Szegedy 2015, algorithm 1): each channel of x [n, c, h, w] less its mean, over its
 * standard deviation, times `weight` [c], plus `bias` [c].
 */
export function batchNorm(x: Value, weight: Value, bias: Value, epsilon: number): Normalised {
  const share = x.shape[1]! / sizeOf(x.shape);
  const average = scale(sum(x, besidesChannels(x)), share);
  const variance = atLeast(subtract(scale(channelProduct(x, x), share), square(average)), 0);
  const inverse = divide(scalar(1), squareRoot(add(variance, scalar(epsilon))));
  const factor = multiply(weight, inverse);
  const offset = subtract(bias, multiply(average, factor));
  const operands = [x, factor, offset, weight, bias, average, inverse];
  return { result: value({ kind: 'batchNorm' }, operands, x.shape), average, variance };
}

type NormOperands = [Value, Value, Value, Value, Value, Value, Value];

export const normalisationGradients = {
  affine: (of, g, wanted) => {
    const [x, factor] = of.operands as [Value, Value];
    return [
      wanted[0] ? affine(g, factor, zerosLike(factor)) : undefined,
      wanted[1] ? channelProduct(g, x) : undefined,
      wanted[2] ? sum(g, besidesChannels(g)) : undefined,
      g,
    ];
  },
  channelProduct: (of, g) => {
    const [a, b] = of.operands as [Value, Value];
    return [affine(b, g, zerosLike(g)), affine(a, g, zerosLike(g))];
  },
  // The mean and the deviation depend on x: their part in its gradient is in this rule, which is why they get none.
  batchNorm: (of, g) => {
    const [x, factor, , , , average, inverse] = of.operands as NormOperands;
    const share = x.shape[1]! / sizeOf(x.shape);
    const ofBias = sum(g, besidesChannels(g));
    const ofWeight = multiply(inverse, subtract(channelProduct(g, x), multiply(average, ofBias)));
    const slope = negate(scale(multiply(multiply(factor, inverse), ofWeight), share));
    const offset = negate(add(scale(multiply(factor, ofBias), share), multiply(slope, average)));
    const ofX = affine(x, slope, offset, affine(g, factor, zerosLike(factor)));
    return [ofX, undefined, undefined, ofWeight, ofBias, undefined, undefined];
  },
} satisfies Partial<GradientRules>;

const zerosLike = ({ shape }: Value) => constant(new Float32Array(sizeOf(shape)), shape);
