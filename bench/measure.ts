import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { StepCase, SweepCase } from './cases.ts';
import type { Command, Peer } from './peers.ts';

/** What one peer took in each round. */
export interface Measured {
  readonly peer: string;
  /** Of the case's unit, one per round. */
  readonly times: readonly number[];
  readonly median: number;
  /** How many times as long as the first peer, ourselves: the median of the rounds' ratios. */
  readonly timesAsLong: number;
  /** Peak of the process. */
  readonly peakMiB?: number;
}

/** One line of the table. */
export interface Row {
  readonly name: string;
  readonly unit: 'ms' | 's';
  readonly measured: readonly Measured[];
}

/** A step, or an inference, of every peer in turn, `rounds` times: medians of their own repeats. */
export async function measureStep(what: StepCase, peers: readonly Peer[], rounds: number): Promise<Row> {
  const results = await inTurn(peers, rounds, async peer => {
    const { stdout } = await run(peer.step(what));
    const { median, peakMegabytes } = JSON.parse(stdout.trim().split('\n').at(-1)!) as {
      median: number;
      peakMegabytes: number;
    };
    return { time: median, peakMiB: peakMegabytes };
  });
  return { name: what.name, unit: 'ms', measured: summarise(peers, results) };
}

/** The wall clock of whole commands, from start to end, of every peer in turn, `rounds` times. */
export async function measureSweep(what: SweepCase, peers: readonly Peer[], rounds: number): Promise<Row> {
  const results = await inTurn(peers, rounds, async peer => {
    const folder = await mkdtemp(join(tmpdir(), 'nern-bench-'));
    try {
      const commands = await peer.sweep(what, folder);
      const began = performance.now();
      for (const command of commands) await run(command);
      return { time: (performance.now() - began) / 1000 };
    } finally {
      await rm(folder, { recursive: true });
    }
  });
  return { name: what.name, unit: 's', measured: summarise(peers, results) };
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

interface Result {
  readonly time: number;
  readonly peakMiB?: number;
}

/** Results by peer and round: [peers][rounds]. In turn, so that what else the machine does meets all alike. */
async function inTurn(
  peers: readonly Peer[],
  rounds: number,
  measure: (peer: Peer) => Promise<Result>,
): Promise<Result[][]> {
  const results: Result[][] = peers.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, peer] of peers.entries()) results[i]!.push(await measure(peer));
  }
  return results;
}

function summarise(peers: readonly Peer[], results: readonly Result[][]): Measured[] {
  const [ours] = results;
  return peers.map(({ name }, i) => {
    const times = results[i]!.map(({ time }) => time);
    const peaks = results[i]!.flatMap(({ peakMiB }) => peakMiB ?? []);
    return {
      peer: name,
      times,
      median: median(times),
      timesAsLong: median(times.map((time, round) => time / ours![round]!.time)),
      ...(peaks.length > 0 ? { peakMiB: median(peaks) } : {}),
    };
  });
}

const run = ({ file, arguments: options }: Command) => execa(file, options);
