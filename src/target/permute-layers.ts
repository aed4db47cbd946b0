import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Tensor } from '../graph/tensor.ts';
import { kernelCount } from '../nern/coordinates.ts';
import { type LayerPermutation, type PermutationMode, permute } from '../nern/ordering/permutation.ts';
import { threadScript } from '../thread-script.ts';

/** A layer that a thread is to order. */
export interface PermuteOrder {
  readonly layer: Tensor;
  readonly mode: PermutationMode;
  readonly twoOpt: number;
}

/** With fewer kernels in all a thread takes longer to start than to work. */
const worthThreads = 50_000;

/**
 * As `permute`, the layers side by side in so many threads, the largest first. What comes out does not depend on the
 * number of threads.
 */
export async function permuteLayers(
  layers: readonly Tensor[],
  mode: PermutationMode,
  twoOpt: number,
  threads: number,
): Promise<LayerPermutation[]> {
  const few = kernelCount(layers) < worthThreads || layers.length === 1;
  if (threads === 1 || few || mode === 'none') return permute(layers, mode, twoOpt);
  const left = [...layers.entries()].sort(([, a], [, b]) => kernelCount([b]) - kernelCount([a]));
  const permutations: LayerPermutation[] = [];
  const work = async () => {
    const worker = new Worker(threadScript('target/permute-worker'));
    try {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        const [l, { shape, data }] = next;
        // The thread gets numbers of its own: a tensor may be a view of a whole file.
        worker.postMessage({ layer: { shape, data: data.slice() }, mode, twoOpt } satisfies PermuteOrder);
        const [permutation] = await once(worker, 'message');
        permutations[l] = permutation;
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(threads, layers.length) }, work));
  return permutations;
}
