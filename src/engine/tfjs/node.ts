import type { EngineOrder } from '../order.ts';
import { type Backend, libraryFailure, replaceKernels } from './backend.ts';
import { nodeKernels } from './node-kernels.ts';
import { openTensorFlow } from './tensorflow.ts';

/** A native TensorFlow. It stays loaded, and keeps its device, until the process ends. */
export async function openNode(order: EngineOrder): Promise<Backend> {
  const { versions, device } = await openTensorFlow(order);
  await replaceKernels(await nodeKernels(device.kind === 'cpu' ? 'cpu' : 'gpu'));
  return {
    registeredAs: 'tensorflow',
    versions,
    threads: order.threads,
    device,
    imagesAtOnce: device.kind === 'gpu' ? 256 : 32,
    strengths: new Set(['transposed factors', 'input gradients', 'filter gradients', 'ReLU gradients']),
    failure: libraryFailure,
    dispose: async () => {},
  };
}
