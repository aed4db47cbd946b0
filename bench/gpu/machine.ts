import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { execa } from 'execa';
import type { Machine } from './result.ts';

/** The machine, with the GPUs that NVIDIA's driver tells of. */
export async function describeMachine(): Promise<Machine> {
  const rows = await askDriver('name,driver_version,memory.total');
  return {
    processor: cpus()[0]?.model ?? process.arch,
    cores: availableParallelism(),
    memoryMiB: Math.round(totalmem() / 2 ** 20),
    system: `${type()} ${release()}`,
    gpus: rows.map(([name, driver, memory]) => ({ name: name!, driver: driver!, memoryMiB: Number(memory) })),
  };
}

/** What the first GPU has in use; undefined where NVIDIA's driver is not there. */
export async function gpuMemoryMiB(): Promise<number | undefined> {
  const [row] = await askDriver('memory.used');
  return row && Number(row[0]);
}

/** One row per GPU; none without a driver. */
async function askDriver(fields: string): Promise<string[][]> {
  const answer = await execa('nvidia-smi', [`--query-gpu=${fields}`, '--format=csv,noheader,nounits'], {
    reject: false,
    timeout: 10_000,
    lines: true,
  });
  return answer.failed ? [] : answer.stdout.map(line => line.split(',').map(field => field.trim()));
}
