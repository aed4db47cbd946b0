import { createRequire } from 'node:module';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { Failure } from '../../failure.ts';
import type { EngineOrder } from '../order.ts';
import { preferredAdapter } from '../webgpu-adapter.ts';
import { type Backend, libraryFailure, loadPackage, useBackend } from './backend.ts';

type GpuDevice = ConstructorParameters<typeof WebGPUBackend>[0];

const library = '@tensorflow/tfjs-backend-webgpu';
const registeredAs = 'webgpu';

/** The limits that decide how large tensors and work groups can be; a device gets small ones unless it asks. */
const wantedLimits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup',
];

/**
 * A GPU by Vulkan, Metal or D3D12. The device is made here: what the package itself asks for is refused by Node's
 * implementation. A process that has opened it is to dispose of the engine, which gives the device back and with it the
 * thread that waits for it, and to end with `process.exit`; what its result is should be on the disk by then, because
 * some drivers crash when they are unloaded.
 */
export async function openWebgpu({ device: index }: EngineOrder): Promise<Backend> {
  const { adapter, device: description, globals } = await preferredAdapter<GpuDevice>('tfjs:webgpu', index);
  const { env } = await import('@tensorflow/tfjs-core');
  const webgpu = await loadPackage(library, () => import('@tensorflow/tfjs-backend-webgpu'));
  const device = await adapter.requestDevice({
    requiredLimits: Object.fromEntries(wantedLimits.map(name => [name, adapter.limits[name]!])),
  });
  const trouble = watch(device);
  Object.assign(globalThis, globals);
  const backend = withNavigator(() => new webgpu.WebGPUBackend(device, adapter.info as GPUAdapterInfo));
  // Below this many work groups a product is split, and its parts are added in any order: runs would not repeat.
  env().set('WEBGPU_THRESHOLD_TO_INCREASE_WORKGROUPS_FOR_MATMUL', 0.1);
  const giveBack = await useBackend(registeredAs, backend);
  const require = createRequire(import.meta.url);
  const versionOf = (name: string) => (require(`${name}/package.json`) as { version: string }).version;
  return {
    registeredAs,
    versions: { [library]: versionOf(library), webgpu: versionOf('webgpu') },
    threads: 1,
    device: description,
    imagesAtOnce: 256,
    strengths: new Set(['transposed factors', 'input gradients', 'many products']),
    failure: (program, error) => trouble(program) ?? libraryFailure(program, error),
    trouble,
    async dispose() {
      giveBack();
      device.destroy();
    },
  };
}

/** The backend looks for a browser's navigator when it is made, and never again. */
function withNavigator<Result>(make: () => Result): Result {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  Object.defineProperty(globalThis, 'navigator', { value: { gpu: {} }, configurable: true });
  const made = make();
  if (before) Object.defineProperty(globalThis, 'navigator', before);
  else Reflect.deleteProperty(globalThis, 'navigator');
  return made;
}

/** Errors of a device come whenever they like; they are told by the program that runs meanwhile. */
function watch(device: GpuDevice): (program: string) => Failure | undefined {
  let found: { readonly lost: boolean; readonly message: string } | undefined;
  device.addEventListener('uncapturederror', event => {
    event.preventDefault();
    found ??= { lost: false, message: event.error.message };
  });
  device.lost.then(({ message }) => {
    found = { lost: true, message };
  });
  return program => {
    if (!found) return undefined;
    if (!found.lost) return libraryFailure(program, new Error(found.message));
    return new Failure(
      'engine',
      `The GPU was lost in the program \`${program}\`: ${found.message || 'the driver gave no reason'}`,
      'Run the same command again: it goes on from the last checkpoint.',
    );
  };
}
