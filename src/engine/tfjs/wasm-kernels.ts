import type { KernelConfig } from '@tensorflow/tfjs-core';
import { kernel, type Numbers } from './wasm-kernel.ts';
import { gather, slice, transpose } from './wasm-moves.ts';
import { innerProduct, sum } from './wasm-sums.ts';

/*
 * Kernels that the WebAssembly backend lacks, or has in a form that takes many times what moving the data takes: it goes
 * through index vectors for each element, or copies a whole tensor to take a part of it. These work on its memory.
 */

/** The backend's own finds no maximum that is zero or below. Windows that hang over no side; of equal maxima, the first. */
const maxPoolGradient = kernel<Numbers, { filterSize: [number, number]; strides: [number, number] }>(
  'MaxPoolGrad',
  Float32Array,
  ({ dy, input }, { filterSize: [size], strides: [stride] }) => {
    const [n, height, width, channels] = dy!.shape as [number, number, number, number];
    const [, h, w] = input!.shape as [number, number, number];
    return {
      shape: input!.shape,
      fill(to, from) {
        const [upstream, x] = [from('dy'), from('input')];
        to.fill(0);
        for (let window = 0; window < n * height * width; window++) {
          const row = Math.floor(window / width);
          const image = Math.floor(row / height);
          const corner = (image * h + (row % height) * stride) * w + (window % width) * stride;
          for (let c = 0; c < channels; c++) {
            let largest = corner * channels + c;
            for (let tap = 1; tap < size * size; tap++) {
              const at = (corner + Math.floor(tap / size) * w + (tap % size)) * channels + c;
              if (x[at]! > x[largest]!) largest = at;
            }
            to[largest]! += upstream[window * channels + c]!;
          }
        }
      },
    };
  },
);

export const wasmKernels: readonly KernelConfig[] = [
  gather,
  slice,
  sum,
  innerProduct,
  transpose,
  maxPoolGradient,
];
