import type { InferenceSession } from 'onnxruntime-node';
import { Failure } from '../../failure.ts';
import { preferredAdapter } from '../webgpu-adapter.ts';
import { gpuDialect } from './dialect.ts';
import { reasonOf } from './failure.ts';
import type { Provider } from './provider.ts';
import { tryOut } from './try-out.ts';

/**
 * The GPU that Dawn, ONNX Runtime's WebGPU, chooses. ONNX Runtime does not tell which one that is; the package `webgpu`
 * is the same Dawn, and asked in the same way it names the same adapter.
 */
export async function webgpuProvider(index: number): Promise<Provider> {
  const { device } = await preferredAdapter('onnx:webgpu', index);
  await tryOut(options).catch(error => {
    throw new Failure(
      'environment',
      `Expected ONNX Runtime to start on the GPU \`${device.name}\`, got: ${reasonOf(error)}`,
      'Update the driver of the GPU.',
    );
  });
  return {
    name: 'onnx:webgpu',
    device,
    threads: 1,
    imagesAtOnce: 256,
    dialect: async () => gpuDialect,
    options,
  };
}

const options: InferenceSession.SessionOptions = {
  executionProviders: [
    {
      name: 'webgpu',
      // The program's own layout: the other one transposes a feature map at nearly every convolution.
      preferredLayout: 'NCHW',
      // Dawn goes on with a buffer for which there was no memory; only a checked run says so instead of computing nonsense.
      validationMode: 'basic',
    },
  ],
  intraOpNumThreads: 1,
};
