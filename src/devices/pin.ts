import type { EngineName } from '../engine/names.ts';
import type { EngineOrder } from '../engine/order.ts';

/** An order as the process that carries it out gets it, and the environment in which that process is to be started. */
export interface Pinned {
  readonly order: EngineOrder;
  readonly environment: Readonly<Record<string, string>>;
}

export const usesCuda = (engine: EngineName) => engine === 'onnx:cuda' || engine === 'tfjs:node-gpu';

const usesTensorFlow = (engine: EngineName) => engine === 'tfjs:node' || engine === 'tfjs:node-gpu';

/**
 * Ties an order to its device. The libraries read these variables when they are loaded, some of them before any of our
 * code runs, so they must be there when the process starts. A process that is to use one GPU of NVIDIA sees no other;
 * there it is device 0. `visible` is the machine's CUDA_VISIBLE_DEVICES, of whose entries the device is one.
 */
export function pin(order: EngineOrder, visible = process.env.CUDA_VISIBLE_DEVICES): Pinned {
  const { name, threads, device } = order;
  const count = String(threads);
  const tensorFlow = {
    TF_CPP_MIN_LOG_LEVEL: '1',
    TF_NUM_INTRAOP_THREADS: count,
    TF_NUM_INTEROP_THREADS: '1',
    OMP_NUM_THREADS: count,
    // Otherwise the first process takes the whole memory of the GPU.
    TF_FORCE_GPU_ALLOW_GROWTH: 'true',
  };
  return {
    order: usesCuda(name) ? { ...order, device: 0 } : order,
    environment: {
      ...(usesTensorFlow(name) ? tensorFlow : {}),
      ...(usesCuda(name) ? { CUDA_VISIBLE_DEVICES: visibleEntry(visible, device) } : {}),
      // The numbers of `nvidia-smi`, not the order of speed.
      ...(usesCuda(name) ? { CUDA_DEVICE_ORDER: 'PCI_BUS_ID' } : {}),
      ...(name === 'tfjs:node' ? { CUDA_VISIBLE_DEVICES: '-1' } : {}),
    },
  };
}

/** An entry that is not there stays a number that no device has: the engine says what it found. */
function visibleEntry(visible: string | undefined, device: number): string {
  return visible === undefined ? String(device) : (visible.split(',')[device]?.trim() ?? '-1');
}
