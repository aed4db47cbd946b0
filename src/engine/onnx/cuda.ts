import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Failure } from '../../failure.ts';
import type { Device } from '../../graph/program.ts';
import { gpuDialect } from './dialect.ts';
import type { Provider } from './provider.ts';

/** An NVIDIA GPU through CUDA, by its place among those the process sees (CUDA_VISIBLE_DEVICES). */
export async function cudaProvider(device: number): Promise<Provider> {
  const library = providerLibrary();
  if (!existsSync(library)) {
    throw new Failure(
      'environment',
      `Expected ONNX Runtime's CUDA provider beside its binding, but \`${library}\` is not there`,
      'Install it with `nern-sweep setup cuda`.',
    );
  }
  // Products of float32 are to be of float32's precision; ONNX Runtime's own switch cannot be reached from Node.
  process.env.NVIDIA_TF32_OVERRIDE ??= '0';
  return {
    name: 'onnx:cuda',
    device: await queryDevice(device),
    threads: 1,
    imagesAtOnce: 256,
    dialect: async () => gpuDialect,
    options: { executionProviders: [{ name: 'cuda', deviceId: device }], intraOpNumThreads: 1 },
  };
}

function providerLibrary(): string {
  const root = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  const file =
    process.platform === 'win32' ? 'onnxruntime_providers_cuda.dll' : 'libonnxruntime_providers_cuda.so';
  return join(root, 'bin', 'napi-v6', process.platform, process.arch, file);
}

const fields = ['index', 'uuid', 'name', 'memory.total', 'driver_version'] as const;

async function queryDevice(device: number): Promise<Device> {
  return visibleDevice(await queryDevices(), device, process.env.CUDA_VISIBLE_DEVICES);
}

/** One line for each GPU of the machine, with the values of `fields`. */
async function queryDevices(): Promise<string> {
  const arguments_ = [`--query-gpu=${fields}`, '--format=csv,noheader,nounits'];
  try {
    return (await promisify(execFile)('nvidia-smi', arguments_, { timeout: 20_000 })).stdout;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new Failure(
      'environment',
      `Expected \`nvidia-smi\` to name the GPUs, got: ${reason}`,
      'Install the NVIDIA driver; `nvidia-smi` must list the GPU.',
    );
  }
}

/** The `device`th of the GPUs that `visible`, the value of CUDA_VISIBLE_DEVICES, lets a process see. */
export function visibleDevice(csv: string, device: number, visible: string | undefined): Device {
  const machine = csv
    .trim()
    .split('\n')
    .filter(Boolean)
    .map(line => line.split(',').map(part => part.trim()) as [string, string, string, string, string]);
  const wanted = visible?.split(',').map(part => part.trim());
  const seen = wanted
    ? wanted.flatMap(id =>
        machine.filter(([index, uuid]) => id === index || (id !== '' && uuid.startsWith(id))),
      )
    : machine;
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
