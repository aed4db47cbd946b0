import type { InferenceSession } from 'onnxruntime-node';
import { Failure } from '../../failure.ts';
import type { Device } from '../../graph/program.ts';
import { gpuDialect } from './dialect.ts';
import { reasonOf } from './failure.ts';
import type { Provider } from './provider.ts';
import { tryOut } from './try-out.ts';

/** The GPU that Dawn, ONNX Runtime's WebGPU, chooses: the fastest of Vulkan's, Metal's or D3D12's. */
export async function webgpuProvider(device: number): Promise<Provider> {
  if (device !== 0) {
    throw new Failure(
      'environment',
      `Expected \`onnx:webgpu\` to be asked for device 0, the one that ONNX Runtime takes, got \`${device}\``,
      'Show the process one GPU only, for example with MESA_VK_DEVICE_SELECT or VK_DRIVER_FILES.',
    );
  }
  const adapter = await preferredAdapter();
  await tryOut(options).catch(error => {
    throw new Failure(
      'environment',
      `Expected ONNX Runtime to start on the GPU \`${adapter.name}\`, got: ${reasonOf(error)}`,
      'Update the driver of the GPU.',
    );
  });
  return {
    name: 'onnx:webgpu',
    device: adapter,
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

/** What of an adapter is read here. */
interface Adapter {
  readonly info: {
    readonly vendor: string;
    readonly architecture: string;
    readonly description: string;
    readonly isFallbackAdapter?: boolean;
  };
}

interface Instance {
  requestAdapter(options: { powerPreference: 'high-performance' }): Promise<Adapter | null>;
}

interface AdapterSource {
  create(options: readonly string[]): Instance;
}

/** Dawn works only as long as somebody holds it. */
let instance: Instance | undefined;

/**
 * ONNX Runtime does not tell on what it computes. The package `webgpu` is the same Dawn, and asked in the same way it
 * names the same adapter.
 */
async function preferredAdapter(): Promise<Device> {
  const { create } = await adapterSource();
  instance ??= create([]);
  const adapter = await instance.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) {
    throw new Failure(
      'environment',
      'Expected a GPU for `onnx:webgpu`, but no Vulkan, Metal or D3D12 driver offers one',
      'On Linux, `vulkaninfo --summary` must list the GPU: install its driver, and libvulkan1 (in a container of NVIDIA, set NVIDIA_DRIVER_CAPABILITIES=all).',
    );
  }
  const { vendor, architecture, description, isFallbackAdapter } = adapter.info;
  const [name = '', driver] = description.split(': ') as [string?, string?];
  const software =
    isFallbackAdapter === true || /llvmpipe|swiftshader|lavapipe|basic render/i.test(description);
  return {
    name: name || [vendor, architecture].filter(Boolean).join(' ') || 'unnamed adapter',
    kind: software ? 'software' : 'gpu',
    driver,
  };
}

async function adapterSource(): Promise<AdapterSource> {
  try {
    return (await import('webgpu')) as unknown as AdapterSource;
  } catch (error) {
    throw new Failure(
      'environment',
      `Expected the package \`webgpu\`, which names the GPU of \`onnx:webgpu\`, got: ${reasonOf(error)}`,
      'Install it with `npm install webgpu`.',
    );
  }
}
