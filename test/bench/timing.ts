import type { Timing } from '../../bench/gpu/result.ts';

/** A measurement of `perSecond` repeats on a GPU. */
export function timing({ perSecond }: { perSecond: number }): Timing {
  return {
    engine: {
      versions: { 'a-library': '1.2.3' },
      device: { name: 'Test GPU', kind: 'gpu', driver: '580.1' },
    },
    perSecond,
    medianMilliseconds: 1000 / perSecond,
    minimumMilliseconds: 900 / perSecond,
    repeats: 2 * perSecond,
    readySeconds: 3,
    peakMiB: 400,
    gpuMemoryMiB: 1000,
  };
}
