import { type EngineName, usesCuda } from '../catalogue/engines.ts';
import { listGpus } from '../engine/nvidia.ts';

/**
 * The numbers of the devices that an engine could use: of NVIDIA's GPUs those that CUDA_VISIBLE_DEVICES names, or all;
 * none when there is none. WebGPU has the one that its driver prefers, and so has a CPU.
 */
export async function listDevices(engine: EngineName): Promise<number[]> {
  if (!usesCuda(engine)) return [0];
  const gpus = await listGpus().then(
    ({ seen }) => seen,
    () => [],
  );
  return gpus.map((_, index) => index);
}
