import { describe, expect, it } from 'vitest';
import { measureStep } from '../../bench/measure.ts';
import type { Peer } from '../../bench/peers.ts';
import { cpuSection, table } from '../../bench/table.ts';

const what = {
  name: 'full step',
  mode: 'full',
  images: 32,
  repeats: 1,
  root: 'sampled',
  officialImages: 32,
} as const;

/** A peer whose processes take these milliseconds, one after another. */
function peerOf(name: string, medians: number[]): Peer {
  return {
    name,
    version: '1',
    step: () => ({
      file: process.execPath,
      arguments: ['-e', `console.log('${JSON.stringify({ median: medians.shift(), peakMegabytes: 100 })}')`],
    }),
    sweep: async () => [],
  };
}

describe('bench table', () => {
  it('holds medians of the rounds, and the median of their ratios', async () => {
    const peers = [peerOf('ours', [10, 20, 10]), peerOf('theirs', [30, 30, 50])];
    const row = await measureStep(what, peers, 3);
    expect(row.measured.map(({ times }) => times)).toEqual([
      [10, 20, 10],
      [30, 30, 50],
    ]);
    expect(table('step', [row]).split('\n')).toEqual([
      '| step | ours (ms) | theirs (ms) | times as long | ours (MiB) | theirs (MiB) |',
      '| --- | --: | --: | --: | --: | --: |',
      '| full step | 10.0 | 30.0 | 3.00 | 100 | 100 |',
    ]);
  });

  it('says on what was measured, and leaves out what was not', async () => {
    const row = await measureStep(what, [peerOf('ours', [10])], 1);
    const measured = {
      machine: 'M, 2 cores',
      versions: { ours: '1' },
      threads: 2,
      rounds: 1,
      sweepRounds: 1,
    };
    const section = cpuSection({ ...measured, steps: [row], sweeps: [] });
    expect(section).toContain('M, 2 cores; 2 threads. ours: 1.');
    expect(section).toContain('| full step | 10.0 | 100 |');
    expect(section).not.toContain('sweep of 4 seeds');
  });

  it('stops at a peer that fails', async () => {
    const broken: Peer = {
      ...peerOf('ours', []),
      step: () => ({ file: process.execPath, arguments: ['-e', 'process.exit(1)'] }),
    };
    await expect(measureStep(what, [broken], 1)).rejects.toThrow(/exit code 1/);
  });
});
