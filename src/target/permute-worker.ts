import { parentPort } from 'node:worker_threads';
import { permuteLayer } from '../nern/ordering/permutation.ts';
import type { PermuteOrder } from './permute-layers.ts';

/* A thread that orders the kernels of one layer after the other. */

parentPort!.on('message', ({ layer, mode, twoOpt }: PermuteOrder) => {
  parentPort!.postMessage(permuteLayer(layer, mode, twoOpt));
});
