import type { KernelBackend, KernelConfig, TensorInfo } from '@tensorflow/tfjs-core';

/*
 * Operations of TensorFlow that TensorFlow.js has no kernel for.
 */

/** What of the native backend is used here. */
interface NativeBackend extends KernelBackend {
  readonly binding: Readonly<Record<'TF_ATTR_TYPE' | 'TF_ATTR_BOOL' | 'TF_FLOAT', number>>;
  executeSingleOutput(
    operation: string,
    attributes: readonly { readonly name: string; readonly type: number; readonly value: unknown }[],
    operands: readonly TensorInfo[],
  ): TensorInfo;
}

const kernel = (
  kernelName: string,
  compute: (inputs: Record<string, TensorInfo>, backend: NativeBackend) => TensorInfo,
): KernelConfig => ({
  kernelName,
  backendName: 'tensorflow',
  kernelFunc: ({ inputs, backend }) =>
    compute(inputs as Record<string, TensorInfo>, backend as NativeBackend),
});

const typeOf = ({ TF_ATTR_TYPE, TF_FLOAT }: NativeBackend['binding']) => ({
  name: 'T',
  type: TF_ATTR_TYPE,
  value: TF_FLOAT,
});

const reluGradient = kernel('ReluGradient', ({ dy, x }, backend) =>
  backend.executeSingleOutput('ReluGrad', [typeOf(backend.binding)], [dy!, x!]),
);

export const nodeKernels: readonly KernelConfig[] = [reluGradient];
