import { Failure } from '../failure.ts';
import type { Device } from '../graph/program.ts';

/** What of a GPU of the package `webgpu` is used here. */
export interface Adapter<GpuDevice> {
  readonly info: AdapterInfo;
  readonly limits: Readonly<Record<string, number>>;
  requestDevice(wanted: { requiredLimits: Record<string, number> }): Promise<GpuDevice>;
}

interface AdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  readonly isFallbackAdapter?: boolean;
}

interface Gpu<GpuDevice> {
  requestAdapter(options: { powerPreference: 'high-performance' }): Promise<Adapter<GpuDevice> | null>;
}

interface Implementation<GpuDevice> {
  readonly globals: object;
  create(options: readonly string[]): Gpu<GpuDevice>;
}

/** Dawn computes only as long as somebody holds what it was created as; the collector does not know. */
const held: unknown[] = [];

/**
 * The GPU that Dawn, the package `webgpu`, prefers: the fastest of Vulkan's, Metal's or D3D12's. It can be asked for by
 * no other number than 0. Throws a Failure of kind 'environment' when there is none; `engine` is who asks.
 */
export async function preferredAdapter<GpuDevice>(
  engine: string,
  index: number,
): Promise<{ adapter: Adapter<GpuDevice>; device: Device; globals: object }> {
  if (index !== 0) {
    throw new Failure(
      'environment',
      `Expected \`${engine}\` to be asked for device 0, the one that the system prefers, got \`${index}\``,
      'Show the process one GPU only, for example with MESA_VK_DEVICE_SELECT or VK_DRIVER_FILES.',
    );
  }
  const { create, globals } = await implementationFor<GpuDevice>(engine);
  const gpu = create([]);
  held.push(gpu);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) {
    throw new Failure(
      'environment',
      `Expected a GPU for \`${engine}\`, but no Vulkan, Metal or D3D12 driver offers one`,
      'On Linux, `vulkaninfo --summary` must list the GPU: install its driver, and libvulkan1 (in a container of NVIDIA, set NVIDIA_DRIVER_CAPABILITIES=all).',
    );
  }
  return { adapter, device: describe(adapter.info), globals };
}

async function implementationFor<GpuDevice>(engine: string): Promise<Implementation<GpuDevice>> {
  try {
    return (await import('webgpu')) as unknown as Implementation<GpuDevice>;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new Failure(
      'environment',
      `Expected the package \`webgpu\`, which finds the GPU for \`${engine}\`, got: ${reason}`,
      'Install it with: npm install webgpu',
    );
  }
}

function describe({ vendor, architecture, description, isFallbackAdapter }: AdapterInfo): Device {
  const [name = '', driver] = description.split(': ') as [string?, string?];
  const software =
    isFallbackAdapter === true || /llvmpipe|swiftshader|lavapipe|basic render/i.test(description);
  return {
    name: name || [vendor, architecture].filter(Boolean).join(' ') || 'unnamed adapter',
    kind: software ? 'software' : 'gpu',
    driver,
  };
}
