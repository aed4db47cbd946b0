import { createRequire } from 'node:module';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { Failure } from '../../failure.ts';
import type { Device } from '../../graph/program.ts';
import type { EngineOrder } from '../open.ts';
import { type Backend, libraryFailure, loadPackage, useBackend } from './backend.ts';

type GpuDevice = ConstructorParameters<typeof WebGPUBackend>[0];

/** What of the package `webgpu` is used here. */
interface Adapter {
  readonly info: AdapterInfo;
  readonly limits: Readonly<Record<string, number>>;
  requestDevice(wanted: { requiredLimits: Record<string, number> }): Promise<GpuDevice>;
}

interface Gpu {
  requestAdapter(options: { powerPreference: 'high-performance' }): Promise<Adapter | null>;
}

interface Implementation {
  readonly globals: object;
  create(options: readonly string[]): Gpu;
}

interface AdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  readonly isFallbackAdapter?: boolean;
}

/** Dawn computes only as long as somebody holds what it was created as; the collector does not know. */
let gpu: Gpu | undefined;

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
  const implementation = (await loadPackage('webgpu', () => import('webgpu'))) as unknown as Implementation;
  const adapter = await findAdapter(implementation, index);
  const webgpu = await loadPackage(library, () => import('@tensorflow/tfjs-backend-webgpu'));
  const device = await adapter.requestDevice({
    requiredLimits: Object.fromEntries(wantedLimits.map(name => [name, adapter.limits[name]!])),
  });
  const trouble = watch(device);
  Object.assign(globalThis, implementation.globals);
  const backend = withNavigator(() => new webgpu.WebGPUBackend(device, adapter.info as GPUAdapterInfo));
  const giveBack = await useBackend(registeredAs, backend);
  const require = createRequire(import.meta.url);
  const versionOf = (name: string) => (require(`${name}/package.json`) as { version: string }).version;
  return {
    registeredAs,
    versions: { [library]: versionOf(library), webgpu: versionOf('webgpu') },
    threads: 1,
    device: describe(adapter.info),
    imagesAtOnce: 256,
    traits: { transposedFactors: true, convolutionGradients: true },
    failure: (program, error) => trouble(program) ?? libraryFailure(program, error),
    trouble,
    async dispose() {
      giveBack();
      device.destroy();
    },
  };
}

/** The adapter that the system prefers, or another one of its list. */
async function findAdapter({ create }: Implementation, index: number): Promise<Adapter> {
  const options = { powerPreference: 'high-performance' } as const;
  gpu ??= create([]);
  const adapter = index === 0 ? await gpu.requestAdapter(options) : undefined;
  if (adapter) return adapter;
  if (index !== 0) {
    throw new Failure(
      'environment',
      `Expected \`tfjs:webgpu\` to be asked for device 0, the one that the system prefers, got \`${index}\``,
      'Show the process one GPU only, for example with MESA_VK_DEVICE_SELECT or VK_DRIVER_FILES.',
    );
  }
  throw new Failure(
    'environment',
    'Expected a GPU for `tfjs:webgpu`, but no Vulkan, Metal or D3D12 driver offers one',
    'On Linux, `vulkaninfo --summary` must list the GPU: install its driver, and libvulkan1 (in a container of NVIDIA, set NVIDIA_DRIVER_CAPABILITIES=all).',
  );
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

function describe({ vendor, architecture, description, isFallbackAdapter }: AdapterInfo): Device {
  const [name, driver] = description.split(': ') as [string, string?];
  const software =
    isFallbackAdapter === true || /llvmpipe|swiftshader|lavapipe|basic render/i.test(description);
  return {
    name: name || [vendor, architecture].filter(Boolean).join(' ') || 'unnamed adapter',
    kind: software ? 'software' : 'gpu',
    driver,
  };
}
