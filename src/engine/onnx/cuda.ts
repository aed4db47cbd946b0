import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Failure } from '../../failure.ts';
import { loadCudaLibraries } from '../cuda-libraries.ts';
import { visibleGpu } from '../nvidia.ts';
import { gpuDialect } from './dialect.ts';
import { reasonOf } from './failure.ts';
import type { Provider } from './provider.ts';
import { tryOut } from './try-out.ts';

/**
 * An NVIDIA GPU through CUDA, by its place among those the process sees (CUDA_VISIBLE_DEVICES). Of the provider's
 * options Node's binding passes on the device alone: convolution algorithms are searched exhaustively and the memory
 * arena grows without a limit, by doubling.
 */
export async function cudaProvider(device: number): Promise<Provider> {
  const library = providerLibrary();
  if (!existsSync(library)) {
    throw new Failure(
      'environment',
      `Expected ONNX Runtime's CUDA provider beside its binding, but \`${library}\` is not there`,
      'Install it with `nern-sweep setup cuda`.',
    );
  }
  const { device: gpu } = await visibleGpu('onnx:cuda', device);
  loadCudaLibraries();
  // Products of float32 are to have float32's precision; CUDA's libraries read this when they are first used.
  process.env.NVIDIA_TF32_OVERRIDE ??= '0';
  const options = { executionProviders: [{ name: 'cuda', deviceId: device }], intraOpNumThreads: 1 };
  await tryOut(options).catch(error => {
    throw new Failure(
      'environment',
      `Expected ONNX Runtime's CUDA provider to start on the GPU \`${gpu.name}\`, got: ${reasonOf(error)}`,
      `\`ldd ${library}\` tells which of CUDA's and cuDNN's libraries are missing; \`nern-sweep setup cuda\` says how to get them.`,
    );
  });
  return {
    name: 'onnx:cuda',
    device: gpu,
    threads: 1,
    imagesAtOnce: 256,
    dialect: async () => gpuDialect,
    options,
  };
}

function providerLibrary(): string {
  const root = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  const file =
    process.platform === 'win32' ? 'onnxruntime_providers_cuda.dll' : 'libonnxruntime_providers_cuda.so';
  return join(root, 'bin', 'napi-v6', process.platform, process.arch, file);
}
