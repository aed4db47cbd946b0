import type { OnnxNode } from '../../weights/onnx.ts';
import { clip, difference, negative, product, quotient, sum } from './arithmetic.ts';
import { number, type Refuse } from './attributes.ts';
import { batchNorm, convolution, linear } from './learned.ts';
import { averagePool, globalAveragePool, globalMaxPool, maxPool, reduceMean } from './pooling.ts';
import { concatenation, flatten, pad, reshape, shape, slice, squeeze, transpose } from './reshaping.ts';
import { constant, type Made, put, raw, type State, source } from './state.ts';

/** Adds the layers that a node amounts to; what they make, or undefined where that is fixed numbers. */
type Translation = (node: OnnxNode, state: State, refuse: Refuse) => Made | undefined;

/** By ONNX's name of the operation. */
export const translations: Readonly<Record<string, Translation>> = {
  Conv: convolution,
  BatchNormalization: batchNorm,
  Relu: (node, state, refuse) => {
    const { layer, shape } = source(node, 0, state, refuse);
    return { ...put({ kind: 'relu', from: layer }, node.outputs[0]!, state), shape };
  },
  Clip: clip,
  Add: sum,
  Sum: sum,
  Sub: difference,
  Mul: product,
  Div: quotient,
  Neg: negative,
  Concat: concatenation,
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalMaxPool: globalMaxPool,
  GlobalAveragePool: globalAveragePool,
  ReduceMean: reduceMean,
  Flatten: flatten,
  Reshape: reshape,
  Squeeze: squeeze,
  Transpose: transpose,
  Gemm: linear,
  MatMul: linear,
  Identity: raw0,
  Dropout: (node, state, refuse) => {
    if (constant(node, 2, state)?.data[0]) throw refuse('`training_mode` false', 'true');
    return raw0(node, state, refuse);
  },
  Cast: (node, state, refuse) => {
    const to = number(node, 'to', 0);
    if (!floats.has(to)) throw refuse('floating point numbers to cast to', `type ${to}`);
    return raw0(node, state, refuse);
  },
  Slice: slice,
  Pad: pad,
  Shape: shape,
};

/** ONNX's numbers of float, float16, double and bfloat16: all is computed in float32. */
const floats: ReadonlySet<number> = new Set([1, 10, 11, 16]);

function raw0(node: OnnxNode, state: State, refuse: Refuse): Made {
  return raw(node, 0, state, refuse);
}
