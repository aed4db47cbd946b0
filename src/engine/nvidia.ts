import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Failure } from '../failure.ts';
import type { Device } from '../graph/program.ts';

/** A GPU of this machine: its device, and the name by which CUDA_VISIBLE_DEVICES picks it whatever the order. */
export interface Gpu {
  readonly uuid: string;
  readonly device: Device;
}

const fields = ['index', 'uuid', 'name', 'memory.total', 'driver_version'] as const;

/**
 * The `device`th of the NVIDIA GPUs that this process may see (CUDA_VISIBLE_DEVICES). Throws a Failure of kind
 * 'environment' when there is no driver or no such GPU.
 */
export async function visibleGpu(engine: string, device: number): Promise<Gpu> {
  const { machine, seen } = await listGpus();
  const found = seen[device];
  if (found) return found;
  throw new Failure(
    'environment',
    `Expected \`${engine}\` to find GPU ${device}, but the process sees ${seen.length} of the machine's ${machine.length}`,
    'Ask for a device that `nvidia-smi` lists and CUDA_VISIBLE_DEVICES does not hide.',
  );
}

/** The GPUs of NVIDIA that the machine has, and those of them that this process may see. Fails where there is no driver. */
export async function listGpus(): Promise<{ machine: readonly Gpu[]; seen: readonly Gpu[] }> {
  const machine = parseGpus(await queryGpus());
  return { machine, seen: visibleGpus(machine, process.env.CUDA_VISIBLE_DEVICES) };
}

/**
 * Those that `visible`, the value of CUDA_VISIBLE_DEVICES, lets a process see, in its order: numbers, UUIDs or their
 * beginnings. As in CUDA, the first entry that names none is the end of the list; a part of a GPU (MIG), which
 * `nvidia-smi` does not list among them, is taken at its word.
 */
export function visibleGpus(machine: readonly Gpu[], visible: string | undefined): readonly Gpu[] {
  if (visible === undefined) return machine;
  const named = visible.split(',').map(part => {
    const id = part.trim();
    if (id.startsWith('MIG-')) return { uuid: id, device: { name: id, kind: 'gpu' } } satisfies Gpu;
    return machine.find(({ uuid }, index) => id === `${index}` || (id !== '' && uuid.startsWith(id)));
  });
  const end = named.indexOf(undefined);
  return named.slice(0, end < 0 ? named.length : end).filter(gpu => gpu !== undefined);
}

/** What `nvidia-smi --query-gpu` prints as CSV without a header: a line for each GPU. */
export function parseGpus(csv: string): Gpu[] {
  return csv
    .split('\n')
    .map(line => line.split(',').map(part => part.trim()))
    .filter(parts => parts.length === fields.length)
    .map(([, uuid, name, memory, driver]) => ({
      uuid: uuid!,
      device: { name: name!, kind: 'gpu', driver: driver!, memoryMiB: Number(memory) },
    }));
}

/** A driver that is in trouble can keep `nvidia-smi` waiting for minutes. */
const patience = 20_000;

async function queryGpus(): Promise<string> {
  const query = [`--query-gpu=${fields}`, '--format=csv,noheader,nounits'];
  try {
    return (await promisify(execFile)('nvidia-smi', query, { timeout: patience })).stdout;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new Failure(
      'environment',
      `Expected \`nvidia-smi\` to name the GPUs, got: ${reason}`,
      'Install the NVIDIA driver; `nvidia-smi` must list the GPU.',
    );
  }
}
