import type { KernelBackend, KernelConfig, Tensor, TensorInfo } from '@tensorflow/tfjs-core';

/*
 * Operations of TensorFlow that TensorFlow.js has no kernel for, or one that does with several what one can do.
 */

type AttributeType = 'TF_ATTR_BOOL' | 'TF_ATTR_INT' | 'TF_ATTR_STRING' | 'TF_ATTR_TYPE';
type Attribute = readonly [type: AttributeType, name: string, value: unknown];
type Operands = Readonly<Record<string, TensorInfo>>;

/** What of the native backend is used here. */
interface NativeBackend extends KernelBackend {
  readonly binding: Readonly<Record<AttributeType | 'TF_FLOAT', number>>;
  executeSingleOutput(
    operation: string,
    attributes: readonly { readonly name: string; readonly type: number; readonly value: unknown }[],
    operands: readonly TensorInfo[],
  ): Tensor;
}

/** Performs an operation of TensorFlow on float32. */
type Perform = (
  operation: string,
  operands: readonly TensorInfo[],
  attributes?: readonly Attribute[],
) => Tensor;

const kernel = <Attributes>(
  kernelName: string,
  compute: (perform: Perform, operands: Operands, attributes: Attributes) => Tensor,
): KernelConfig => ({
  kernelName,
  backendName: 'tensorflow',
  kernelFunc: ({ inputs, attrs, backend }) =>
    compute(performing(backend as NativeBackend), inputs as Operands, attrs as Attributes),
});

const performing =
  (backend: NativeBackend): Perform =>
  (operation, operands, attributes = []) => {
    const { binding } = backend;
    const all: readonly Attribute[] = [['TF_ATTR_TYPE', 'T', binding.TF_FLOAT], ...attributes];
    return backend.executeSingleOutput(
      operation,
      all.map(([type, name, value]) => ({ name, type: binding[type], value })),
      operands,
    );
  };

const reluGradient = kernel('ReluGradient', (perform, { dy, x }) => perform('ReluGrad', [dy!, x!]));

interface Convolution {
  readonly strides: readonly [number, number];
  readonly pad: readonly (readonly [number, number])[];
  readonly activation: 'linear' | 'relu';
}

/**
 * A convolution that adds its bias in passing, as TensorFlow's builds with oneDNN do on the CPU. TensorFlow puts this
 * operation into its own graphs, under that label, and promises it to nobody: `addsBias` finds out.
 */
const convolution = kernel<Convolution>(
  'FusedConv2D',
  (perform, { x, filter, bias }, { strides, pad, activation }) => {
    const sum = perform(
      '_MklNativeConv2DWithBias',
      [x!, filter!, bias!],
      [
        ['TF_ATTR_STRING', '_kernel', 'MklNameChangeOp'],
        ['TF_ATTR_INT', 'strides', [1, ...strides, 1]],
        ['TF_ATTR_STRING', 'padding', 'EXPLICIT'],
        ['TF_ATTR_INT', 'explicit_paddings', pad.flat()],
      ],
    );
    if (activation === 'linear') return sum;
    const rectified = perform('Relu', [sum]);
    sum.dispose();
    return rectified;
  },
);

/** Whether this TensorFlow has the convolution above, told by a single pixel. */
async function addsBias(): Promise<boolean> {
  const { dispose, engine, fill } = await import('@tensorflow/tfjs-core');
  const [x, filter] = [fill([1, 1, 1, 1], 2), fill([1, 1, 1, 1], 3)];
  const bias = fill([1], 4);
  const attrs = {
    strides: [1, 1],
    pad: [
      [0, 0],
      [0, 0],
      [0, 0],
      [0, 0],
    ],
    activation: 'linear',
  };
  try {
    const sum = convolution.kernelFunc({
      inputs: { x, filter, bias },
      backend: engine().backend,
      attrs,
    }) as Tensor;
    const [value] = await sum.data();
    sum.dispose();
    return value === 10;
  } catch {
    return false;
  } finally {
    dispose([x, filter, bias]);
  }
}

/** Those that can be had; the backend is the current one. */
export const nodeKernels = async (device: 'cpu' | 'gpu'): Promise<readonly KernelConfig[]> =>
  device === 'cpu' && (await addsBias()) ? [reluGradient, convolution] : [reluGradient];
