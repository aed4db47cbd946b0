import type { KernelBackend, KernelConfig } from '@tensorflow/tfjs-core';
import { Failure } from '../../failure.ts';
import type { Device } from '../../graph/program.ts';
import type { Strength } from './context.ts';

/** A backend of TensorFlow.js that is ready to compute. */
export interface Backend {
  /** Its name in TensorFlow.js. */
  readonly registeredAs: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly threads: number;
  readonly device: Device;
  readonly imagesAtOnce: number;
  readonly strengths: ReadonlySet<Strength>;
  /** What an error in a program means for people. */
  failure(program: string, error: unknown): Failure;
  /** What has gone wrong on the device since it was opened, where that is not told by an exception. */
  trouble?(program: string): Failure | undefined;
  dispose(): Promise<void>;
}

/** Lack of memory in the words of WebAssembly, Vulkan, CUDA, TensorFlow and V8; and of Dawn, whose buffers have a limit. */
const noMemory =
  /out of (\w+ )?memory|not enough memory|\boom\b|failed to allocate|allocation failed|resource ?exhausted|(larger than|exceeds) the max\w* .*buffer/i;

/** An error of TensorFlow.js, with lack of memory recognised by what its backends say of it. */
export function libraryFailure(program: string, error: unknown): Failure {
  if (error instanceof Failure) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const memory = noMemory.test(reason.replaceAll('_', ' '));
  return new Failure(
    memory ? 'out-of-memory' : 'engine',
    `TensorFlow.js failed in the program \`${program}\`: ${reason}`,
    memory ? 'Use a smaller `batch`, or fewer runs side by side (`--jobs`).' : undefined,
  );
}

/** Loads a package that the installation may lack. */
export async function loadPackage<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new Failure(
      'environment',
      `The package \`${name}\` cannot be loaded: ${reason}`,
      `Install it with: npm install ${name}`,
    );
  }
}

/** Makes a backend the one of this name, and gives back the one that had it; returns how to give it back in turn. */
export async function useBackend(name: string, backend: KernelBackend): Promise<() => void> {
  const { findBackend, findBackendFactory, registerBackend, removeBackend, setBackend } = await import(
    '@tensorflow/tfjs-core'
  );
  if (findBackendFactory(name)) removeBackend(name);
  registerBackend(name, () => backend);
  await setBackend(name);
  return () => {
    if (findBackend(name) === backend) removeBackend(name);
  };
}

/** Makes kernels those of their name and backend. */
export async function replaceKernels(kernels: readonly KernelConfig[]): Promise<void> {
  const { getKernel, registerKernel, unregisterKernel } = await import('@tensorflow/tfjs-core');
  for (const kernel of kernels) {
    if (getKernel(kernel.kernelName, kernel.backendName)) {
      unregisterKernel(kernel.kernelName, kernel.backendName);
    }
    registerKernel(kernel);
  }
}
