import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { enginesFolder } from './engines-folder.ts';

/** What `nern-sweep setup cuda` writes down about NVIDIA's libraries that came with a Python environment. */
export interface CudaManifest {
  readonly format: 1;
  /** The folders of the libraries. */
  readonly libraries: readonly string[];
}

export const cudaManifest = (environment?: NodeJS.ProcessEnv) =>
  join(enginesFolder(environment), 'cuda', 'manifest.json');

/** Those that compute, each behind what it rests on; cuDNN opens its own parts itself. */
const order = ['cudart', 'nvJitLink', 'cublasLt', 'cublas', 'nvrtc', 'curand', 'cufft', 'cudnn'];

/** Keeps a library that is no addon in the process when Node.js closes it again (glibc's dlfcn.h). */
const keep = 0x1000;

/**
 * Loads NVIDIA's libraries from where setup found them, so that the system's loader knows them by name when an engine
 * asks for them: its own search path was read when the process began. Does nothing where setup found none.
 */
export function loadCudaLibraries(environment?: NodeJS.ProcessEnv): void {
  const path = cudaManifest(environment);
  if (process.platform !== 'linux' || !existsSync(path)) return;
  const { libraries } = JSON.parse(readFileSync(path, 'utf8')) as CudaManifest;
  for (const library of cudaLibrariesIn(libraries)) loadAndKeep(library);
}

/** The CUDA libraries in some folders, in the order to load them in. */
export function cudaLibrariesIn(folders: readonly string[]): string[] {
  const files = folders
    .filter(folder => existsSync(folder))
    .flatMap(folder =>
      readdirSync(folder)
        .sort()
        .map(file => ({ name: /^lib(\w+)\.so\.\d+$/.exec(file)?.[1], path: join(folder, file) })),
    );
  return order.flatMap(name => files.filter(file => file.name === name).map(({ path }) => path));
}

/** One that cannot be loaded is named by the engine that needs it. */
function loadAndKeep(library: string): void {
  try {
    process.dlopen({ exports: {} }, library, constants.dlopen.RTLD_LAZY | keep);
  } catch {
    // Always: it is no addon. It is loaded all the same.
  }
}
