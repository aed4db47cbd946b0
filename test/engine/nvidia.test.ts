import { describe, expect, it } from 'vitest';
import { parseGpus, visibleGpus } from '../../src/engine/nvidia.ts';

const printed = `0, GPU-aaaa-1, NVIDIA H200, 143771, 570.86.15
1, GPU-bbbb-2, NVIDIA H200, 143771, 570.86.15
`;

describe('the GPUs of a machine', () => {
  it('are read from what nvidia-smi prints', () => {
    expect(parseGpus(printed)[1]).toEqual({
      uuid: 'GPU-bbbb-2',
      device: { name: 'NVIDIA H200', kind: 'gpu', driver: '570.86.15', memoryMiB: 143771 },
    });
    expect(parseGpus('No devices were found\n')).toEqual([]);
  });

  it.each([
    [undefined, ['GPU-aaaa-1', 'GPU-bbbb-2']],
    ['1', ['GPU-bbbb-2']],
    ['1,0', ['GPU-bbbb-2', 'GPU-aaaa-1']],
    ['GPU-bbbb-2', ['GPU-bbbb-2']],
    ['GPU-b', ['GPU-bbbb-2']],
    ['1,-1,0', ['GPU-bbbb-2']],
    ['0,1,-1,2', ['GPU-aaaa-1', 'GPU-bbbb-2']],
    ['GPU-a, GPU-b', ['GPU-aaaa-1', 'GPU-bbbb-2']],
    ['MIG-cccc-3', ['MIG-cccc-3']],
    ['-1', []],
    ['', []],
  ])('are seen through CUDA_VISIBLE_DEVICES=%s as CUDA sees them', (visible, seen) => {
    expect(visibleGpus(parseGpus(printed), visible).map(({ uuid }) => uuid)).toEqual(seen);
  });
});
