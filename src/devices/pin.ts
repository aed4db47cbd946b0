import { usesCuda } from '../catalogue/engines.ts';
import type { EngineOrder } from '../engine/order.ts';

/** An order as the process that carries it out gets it, and the environment in which that process is to be started. */
export interface Pinned {
  readonly order: EngineOrder;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Ties an order to its device. CUDA reads these variables once, for whatever uses it first, so they are there when the
 * process starts. A process that is to use one GPU of NVIDIA sees no other; there it is device 0. `visible` is the
 * machine's CUDA_VISIBLE_DEVICES, of whose entries the device is one.
 */
export function pin(order: EngineOrder, visible = process.env.CUDA_VISIBLE_DEVICES): Pinned {
  if (!usesCuda(order.name)) return { order, environment: {} };
  return {
    order: { ...order, device: 0 },
    environment: {
      CUDA_VISIBLE_DEVICES: visibleEntry(visible, order.device),
      // The numbers of `nvidia-smi`, not the order of speed.
      CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
    },
  };
}

/** An entry that is not there stays a number that no device has: the engine says what it found. */
function visibleEntry(visible: string | undefined, device: number): string {
  return visible === undefined ? String(device) : (visible.split(',')[device]?.trim() ?? '-1');
}
