import type { EngineOrder } from '../open.ts';
import { type Backend, libraryFailure } from './backend.ts';
import { openTensorFlow } from './tensorflow.ts';

/** A native TensorFlow. It stays loaded, and keeps its device, until the process ends. */
export async function openNode(order: EngineOrder): Promise<Backend> {
  const { versions, device } = await openTensorFlow(order);
  return {
    registeredAs: 'tensorflow',
    versions,
    threads: order.threads,
    device,
    imagesAtOnce: device.kind === 'gpu' ? 256 : 32,
    traits: { transposedFactors: true, convolutionGradients: true },
    failure: libraryFailure,
    dispose: async () => {},
  };
}
