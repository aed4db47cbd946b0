import { availableParallelism } from 'node:os';
import { usesCpu } from '../catalogue/engines.ts';
import type { Chosen } from '../devices/choose.ts';
import type { EngineOrder } from '../engine/order.ts';

/** How the runs of a sweep share the machine. */
export interface Share extends Chosen {
  /** Runs at a time. */
  readonly jobs: number;
  /** Threads of a run. */
  readonly threads: number;
}

/**
 * What of the machine each of `runs` gets, where `wanted` does not say otherwise. On a CPU one thread for each run and as
 * many runs as cores is the best use: threads of one run wait for each other, runs do not. A GPU has one run at a time.
 */
export function shareOf(
  chosen: Chosen,
  runs: number,
  wanted: { jobs?: number | undefined; threads?: number | undefined },
  cores = availableParallelism(),
): Share {
  const most = usesCpu(chosen.engine) ? cores : chosen.devices.length;
  const jobs = Math.max(1, Math.min(runs, wanted.jobs ?? most));
  const threads = wanted.threads ?? Math.max(1, Math.floor(cores / jobs));
  return { ...chosen, jobs, threads };
}

/** What a run in one of the `jobs` lanes computes with; the lanes are spread evenly over the devices. */
export function orderOf({ engine, devices, threads }: Share, lane: number): EngineOrder {
  return { name: engine, threads, device: devices[lane % devices.length]! };
}
