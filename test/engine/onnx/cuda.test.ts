import { describe, expect, test } from 'vitest';
import { visibleDevice } from '../../../src/engine/onnx/cuda.ts';

const csv = [
  '0, GPU-aaa1, NVIDIA H200, 143771, 570.86.15',
  '1, GPU-bbb2, NVIDIA L4, 23034, 570.86.15',
  '',
].join('\n');

const nameOf = (device: number, visible: string | undefined) => visibleDevice(csv, device, visible).name;

describe('the GPU that a process sees', () => {
  test('is named with its memory and driver', () => {
    expect(visibleDevice(csv, 0, undefined)).toEqual({
      name: 'NVIDIA H200',
      kind: 'gpu',
      driver: '570.86.15',
      memoryMiB: 143771,
    });
  });

  test.each([
    [1, undefined, 'NVIDIA L4'],
    [0, '1', 'NVIDIA L4'],
    [1, '1,0', 'NVIDIA H200'],
    [0, 'GPU-bbb', 'NVIDIA L4'],
    [0, ' 1 , 0', 'NVIDIA L4'],
  ])('as number %s of CUDA_VISIBLE_DEVICES=%s is %s', (device, visible, name) => {
    expect(nameOf(device, visible)).toBe(name);
  });

  test.each([
    [2, undefined, 2],
    [0, '', 0],
    [0, '-1', 0],
    [1, '1,-1,0', 1],
    [0, '7', 0],
  ])('as number %s of CUDA_VISIBLE_DEVICES=%s is none of the %s it sees', (device, visible, seen) => {
    expect(() => nameOf(device, visible)).toThrow(`sees ${seen} of the machine's 2`);
  });
});
