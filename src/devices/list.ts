import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { EngineName } from '../engine/names.ts';
import { usesCuda } from './pin.ts';

/** A driver that is in trouble can keep `nvidia-smi` waiting for minutes. */
const patience = 20_000;

/**
 * The numbers of the devices that an engine could use: of NVIDIA's GPUs those that CUDA_VISIBLE_DEVICES names, or all;
 * none when there is none. WebGPU has the one that its driver prefers, and so has a CPU.
 */
export async function listDevices(engine: EngineName): Promise<number[]> {
  return usesCuda(engine) ? indices(await cudaDevices()) : [0];
}

async function cudaDevices(): Promise<number> {
  const visible = process.env.CUDA_VISIBLE_DEVICES;
  if (visible !== undefined) return visibleCount(visible);
  const listed = await promisify(execFile)('nvidia-smi', ['-L'], { timeout: patience }).catch(
    () => undefined,
  );
  return listed?.stdout.split('\n').filter(line => line.startsWith('GPU ')).length ?? 0;
}

/** CUDA takes the entries before the first that is empty or negative. */
export function visibleCount(visible: string): number {
  const entries = visible.split(',').map(entry => entry.trim());
  const end = entries.findIndex(entry => entry === '' || entry.startsWith('-'));
  return end === -1 ? entries.length : end;
}

const indices = (length: number) => Array.from({ length }, (_, i) => i);
