import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { Failure } from '../../failure.ts';
import type { Device } from '../../graph/program.ts';
import { type Gpu, visibleGpu } from '../nvidia.ts';
import type { EngineOrder } from '../order.ts';
import { type Addon, findAddon, tfjsNodeFolder } from './tensorflow-addon.ts';

/** A TensorFlow that is loaded, and what it computes on. */
export interface TensorFlow {
  readonly versions: Record<string, string>;
  readonly device: Device;
}

/** What this module needs of the addon. */
interface Binding {
  readonly TF_Version: string;
  isUsingGpuDevice(): boolean;
}

type Core = typeof import('@tensorflow/tfjs-core');
type Backend = InstanceType<Core['KernelBackend']>;
type BackendModule = { NodeJSKernelBackend: new (binding: Binding, packageName: string) => Backend };

const tfjsNode = '@tensorflow/tfjs-node-gpu';
const require = createRequire(import.meta.url);

/**
 * Makes the TensorFlow of this machine the backend `tensorflow` of tfjs-core: on the CPU alone for `tfjs:node`, on one
 * GPU for `tfjs:node-gpu`. A process that has loaded it keeps its threads and its device. Throws a Failure of kind
 * 'environment' when there is none, it cannot be loaded, or it does not compute where it should.
 */
export async function openTensorFlow(order: EngineOrder): Promise<TensorFlow> {
  const addon = findAddon();
  if (!addon || tfjsNodeFolder() === undefined) throw missing(order.name, addon);
  return await loadTensorFlow(addon, order);
}

/** As `openTensorFlow`, with a given addon. */
export async function loadTensorFlow(addon: Addon, order: EngineOrder): Promise<TensorFlow> {
  const gpu = order.name === 'tfjs:node-gpu' ? await visibleGpu(order.name, order.device) : undefined;
  Object.assign(process.env, tensorFlowEnvironment(order.threads, gpu, process.env));
  const binding = load(addon);
  refuseOtherDevice(binding, addon, gpu);
  await register(binding);
  const { version } = require(`${tfjsNode}/package.json`) as { version: string };
  return {
    versions: { [tfjsNode]: version, tensorflow: binding.TF_Version },
    device: gpu?.device ?? { name: cpus()[0]?.model ?? process.arch, kind: 'cpu' },
  };
}

/** TensorFlow reads its settings from the environment, once, when it is loaded. */
export function tensorFlowEnvironment(
  threads: number,
  gpu: Gpu | undefined,
  environment: NodeJS.ProcessEnv,
): Record<string, string> {
  return {
    TF_NUM_INTRAOP_THREADS: `${threads}`,
    TF_NUM_INTEROP_THREADS: '1',
    // Its errors only: it greets with a dozen lines.
    TF_CPP_MIN_LOG_LEVEL: environment.TF_CPP_MIN_LOG_LEVEL ?? '2',
    // The addon takes the last GPU that it sees, so it sees one or none.
    CUDA_VISIBLE_DEVICES: gpu?.uuid ?? '-1',
    // All of the GPU's memory otherwise, whatever is needed.
    TF_FORCE_GPU_ALLOW_GROWTH: environment.TF_FORCE_GPU_ALLOW_GROWTH ?? 'true',
    // Products of float32 are to be of float32's precision.
    NVIDIA_TF32_OVERRIDE: environment.NVIDIA_TF32_OVERRIDE ?? '0',
  };
}

function load(addon: Addon): Binding {
  try {
    return require(addon.path) as Binding;
  } catch (error) {
    throw cannotLoad(addon, error instanceof Error ? error.message : String(error));
  }
}

/** Says what the system's loader found wrong with an addon or with the libraries that it asks for. */
export function cannotLoad({ path, libraries }: Addon, reason: string): Failure {
  const again = 'Run `nern-sweep setup tensorflow --from ...` again';
  const [, library] = /(lib\S+): cannot open shared object/.exec(reason) ?? [];
  if (library !== undefined) {
    const where = libraries === undefined ? '' : ` in ${libraries}`;
    return new Failure(
      'environment',
      `Expected \`${library}\`${where} for the addon ${path}, but it is gone`,
      `${again} with a TensorFlow that is there.`,
    );
  }
  const [, symbol] = /undefined symbol: (\w+)/.exec(reason) ?? [];
  if (symbol !== undefined) {
    return new Failure(
      'environment',
      `Expected TensorFlow to have the function \`${symbol}\`, which the addon ${path} calls, but it has not`,
      `${again} with TensorFlow 2.12 or a later 2.x.`,
    );
  }
  const [, needed] = /version [`']?((?:GLIBC|GLIBCXX|CXXABI)_[\d.]+)' not found/.exec(reason) ?? [];
  if (needed !== undefined) {
    return new Failure(
      'environment',
      `Expected this system's C or C++ library to have ${needed}, which the addon ${path} asks for, but it is older`,
      `${again} on this machine, with a TensorFlow made for a system as old as this one.`,
    );
  }
  return new Failure(
    'environment',
    `Expected the addon ${path} to be loadable, got: ${reason.split('\n')[0]}`,
    `${again}.`,
  );
}

/** Without a usable GPU TensorFlow goes on on the CPU and says nothing that a program could read. */
function refuseOtherDevice(binding: Binding, { libraries }: Addon, gpu: Gpu | undefined): void {
  if (binding.isUsingGpuDevice() === (gpu !== undefined)) return;
  const which = `TensorFlow ${binding.TF_Version}${libraries === undefined ? '' : ` in ${libraries}`}`;
  if (gpu) {
    throw new Failure(
      'environment',
      `Expected ${which} to compute on the GPU \`${gpu.device.name}\`, but it fell back to the CPU`,
      'It was built without CUDA, or misses its libraries: give `nern-sweep setup tensorflow --from` a Python ' +
        'environment with tensorflow[and-cuda]; it says what is missing.',
    );
  }
  throw new Failure(
    'environment',
    `Expected ${which} to compute on the CPU, but it was loaded on a GPU before`,
    'Use `tfjs:node` and `tfjs:node-gpu` in processes of their own.',
  );
}

async function register(binding: Binding): Promise<void> {
  restoreUtilities();
  const core = require('@tensorflow/tfjs-core') as Core;
  // Not the package's entry point, which looks for its own addon and takes no other.
  require(`${tfjsNode}/dist/register_all_kernels`);
  const { NodeJSKernelBackend } = require(`${tfjsNode}/dist/nodejs_kernel_backend`) as BackendModule;
  if (core.findBackend('tensorflow') === null) {
    core.registerBackend('tensorflow', () => new NodeJSKernelBackend(binding, tfjsNode));
  }
  await core.setBackend('tensorflow');
}

/** Functions of `node:util` that the package calls, and Node.js warns of from 22 on and lacks from 23 on. */
function restoreUtilities(): void {
  Object.assign(require('node:util') as object, {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: Array.isArray,
  });
}

function missing(name: string, addon: Addon | undefined): Failure {
  if (addon) {
    return new Failure(
      'environment',
      `Expected the package ${tfjsNode} for \`${name}\`, but it is not installed`,
      `npm install --ignore-scripts ${tfjsNode}`,
    );
  }
  return new Failure(
    'environment',
    `Expected a TensorFlow for \`${name}\`, but none is linked`,
    'Link one that is there: `nern-sweep setup tensorflow --from PYTHON-ENVIRONMENT` (docs/setup.md).',
  );
}
