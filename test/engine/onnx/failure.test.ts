import { describe, expect, test } from 'vitest';
import { engineFailure } from '../../../src/engine/onnx/failure.ts';

/** As the libraries put them; the last part of each line is what matters. */
const messages: Record<string, readonly string[]> = {
  'out-of-memory': [
    "running Add node. Name:'t1' bfc_arena.cc:360 Failed to allocate memory for requested buffer of size 160000000000",
    'BFCArena: Available memory of 1 is smaller than requested bytes of 2',
    'std::bad_alloc',
    'cuda_call.cc:154 CudaCall CUDA failure 2: out of memory ; GPU=0 ; hostname=a ; file=b ; line=1 ; expr=cudaMalloc()',
    'CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0',
    'vkAllocateMemory failed with VK_ERROR_OUT_OF_DEVICE_MEMORY',
    'WebGPU validation failed. [Invalid Buffer (unlabeled)] is invalid.',
  ],
  lost: [
    'CUDA failure 719: unspecified launch failure ; GPU=0 ; hostname=a',
    'CUDA failure 100: no CUDA-capable device is detected ; GPU=-1',
    'Failed to download data: Device lost',
    'vkQueueSubmit failed with VK_ERROR_DEVICE_LOST',
  ],
  engine: ['Non-zero status code returned while running Gemm node', 'CUDA failure 1: invalid argument'],
};

describe('what ONNX Runtime throws is told apart:', () => {
  test.each(Object.entries(messages).flatMap(([kind, all]) => all.map(text => [kind, text] as const)))(
    '%s: %s',
    (kind, text) => {
      const failure = engineFailure('onnx:cuda', 'step', new Error(text));
      expect(failure.kind).toBe(kind === 'lost' ? 'engine' : kind);
      expect(/was lost/.test(failure.message)).toBe(kind === 'lost');
      expect(failure.message).toContain('`onnx:cuda`');
      expect(failure.hint === undefined).toBe(kind === 'engine');
    },
  );

  test('of a line of CUDA the part that says what happened is kept', () => {
    const text =
      'Status Call(ERRTYPE) [with ERRTYPE = cudaError] CUDA failure 2: out of memory ; GPU=0 ; line=1';
    expect(engineFailure('onnx:cuda', 'step', new Error(text)).message).toMatch(
      /got: CUDA failure 2: out of memory$/,
    );
  });
});
