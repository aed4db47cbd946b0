import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Failure } from '../../failure.ts';
import type { Device } from '../../graph/program.ts';
import { loadCudaLibraries } from '../cuda-libraries.ts';
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
  const gpu = visibleDevice(await queryDevices(), device, process.env.CUDA_VISIBLE_DEVICES);
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

const fields = ['index', 'uuid', 'name', 'memory.total', 'driver_version'] as const;

/** A driver that is in trouble can keep `nvidia-smi` waiting for minutes. */
const patience = 20_000;

/** One line for each GPU of the machine, with the values of `fields`. */
async function queryDevices(): Promise<string> {
  const query = [`--query-gpu=${fields}`, '--format=csv,noheader,nounits'];
  try {
    return (await promisify(execFile)('nvidia-smi', query, { timeout: patience })).stdout;
  } catch (error) {
    throw new Failure(
      'environment',
      `Expected \`nvidia-smi\` to name the GPUs for \`onnx:cuda\`, got: ${reasonOf(error)}`,
      'Install the NVIDIA driver; `nvidia-smi` must list the GPU.',
    );
  }
}

/**
 * The `device`th of the GPUs that `visible`, the value of CUDA_VISIBLE_DEVICES, lets a process see; `csv` lists those of
 * the machine. CUDA takes the entries before the first that names none.
 */
export function visibleDevice(csv: string, device: number, visible: string | undefined): Device {
  const machine = csv
    .split('\n')
    .filter(line => line.trim() !== '')
    .map(line => line.split(',').map(part => part.trim()) as [string, string, string, string, string]);
  const named = visible?.split(',').map(part => {
    const entry = part.trim();
    return machine.find(([index, uuid]) => entry === index || (entry !== '' && uuid.startsWith(entry)));
  });
  const end = named?.indexOf(undefined) ?? -1;
  const seen = named === undefined ? machine : named.slice(0, end === -1 ? named.length : end);
  const found = seen[device];
  if (!found) {
    throw new Failure(
      'environment',
      `Expected \`onnx:cuda\` to find GPU ${device}, but the process sees ${seen.length} of the machine's ${machine.length}`,
      'Ask for a device that `nvidia-smi` lists and CUDA_VISIBLE_DEVICES does not hide.',
    );
  }
  const [, , name, memory, driver] = found;
  return { name, kind: 'gpu', driver, memoryMiB: Number(memory) };
}
