import { join } from 'node:path';
import { writeAtomic } from '../files/atomic.ts';
import type { State } from '../format/original.ts';
import type { Tensor } from '../graph/tensor.ts';
import { writeSafetensors } from '../weights/safetensors.ts';
import { type StoredTensor, storedIntegers } from '../weights/stored.ts';
import { writeTorchZip } from '../weights/torch-writer.ts';

/** Writes a network in both formats; returns the paths. Throws a Failure of kind 'environment'. */
export async function writeNetwork(folder: string, network: State): Promise<string[]> {
  const stored = new Map<string, Tensor | StoredTensor>(
    [...network].map(([name, tensor]) => [name, isCounter.test(name) ? storedIntegers(tensor) : tensor]),
  );
  const files = [
    [join(folder, 'network.safetensors'), writeSafetensors(stored)],
    [join(folder, 'network.pth'), writeTorchZip(stored)],
  ] as const;
  for (const [path, bytes] of files) await writeAtomic(path, bytes);
  return files.map(([path]) => path);
}

/** What PyTorch's batch norm keeps as a whole number; all else is float32. */
const isCounter = /(^|\.)num_batches_tracked$/;
