import { describe, expect, it } from 'vitest';
import { orderOf, shareOf } from '../../src/execute/share.ts';

describe('how runs share a machine of 8 cores', () => {
  const cpu = { engine: 'onnx:cpu', devices: [0] } as const;
  const gpus = { engine: 'onnx:cuda', devices: [0, 2, 3] } as const;

  it.each([
    ['a CPU: a run for each core', cpu, 20, {}, [8, 1]],
    ['a CPU with fewer runs than cores', cpu, 3, {}, [3, 2]],
    ['a CPU as it is wanted', cpu, 20, { jobs: 2, threads: 3 }, [2, 3]],
    ['GPUs: a run for each', gpus, 20, {}, [3, 2]],
    ['GPUs that hold several runs each', gpus, 20, { jobs: 6 }, [6, 1]],
    ['more GPUs than runs', gpus, 2, {}, [2, 4]],
  ] as const)('%s', (_, chosen, runs, wanted, [jobs, threads]) => {
    expect(shareOf(chosen, runs, wanted, 8)).toEqual({ ...chosen, jobs, threads });
  });

  it('spreads the runs evenly over the devices', () => {
    const share = shareOf(gpus, 20, { jobs: 6 }, 8);
    const orders = [0, 1, 2, 3, 4, 5].map(lane => orderOf(share, lane));
    expect(orders.map(({ device }) => device)).toEqual([0, 2, 3, 0, 2, 3]);
    expect(orders[0]).toEqual({ name: 'onnx:cuda', threads: 1, device: 0 });
  });
});
