import type { Row } from './measure.ts';

/** What `npm run bench` measured, and on what. */
export interface CpuReport {
  readonly machine: string;
  /** By peer, ourselves first. */
  readonly versions: Readonly<Record<string, string>>;
  readonly threads: number;
  readonly rounds: number;
  readonly sweepRounds: number;
  readonly steps: readonly Row[];
  readonly sweeps: readonly Row[];
}

const notes = `* (1) The authors' program takes 256 images through both networks in every step, as it is configured.
* (2) The authors' program on a single image, the least that it can be given.`;

/** The report as Markdown. */
export function cpuSection({
  machine,
  versions,
  threads,
  rounds,
  sweepRounds,
  steps,
  sweeps,
}: CpuReport): string {
  const software = Object.entries(versions).map(([name, version]) => `${name}: ${version}`);
  const where = `${machine}; ${threads} threads. ${software.join('; ')}.`;
  const how = `Medians; rounds of steps: ${rounds}, of sweeps: ${sweepRounds}.`;
  const tables = [
    ...(steps.length > 0 ? [table('step', steps)] : []),
    ...(sweeps.length > 0 ? [table('sweep of 4 seeds', sweeps)] : []),
  ];
  return [`${where}\n${how}`, ...tables, notes].join('\n\n');
}

/** Rows of one unit as a Markdown table: a column of times for each peer, and how many times as long as ours it is. */
export function table(what: string, rows: readonly Row[]): string {
  const peers = rows[0]!.measured.map(({ peer }) => peer);
  const [ours, ...others] = peers;
  const { unit } = rows[0]!;
  const withMemory = rows[0]!.measured.every(({ peakMiB }) => peakMiB !== undefined);
  const header = [
    what,
    `${ours} (${unit})`,
    ...others.flatMap(peer => [`${peer} (${unit})`, 'times as long']),
    ...(withMemory ? peers.map(peer => `${peer} (MiB)`) : []),
  ];
  const lines = rows.map(({ name, measured }) => {
    const [first, ...rest] = measured;
    return [
      name,
      first!.median.toFixed(1),
      ...rest.flatMap(({ median, timesAsLong }) => [median.toFixed(1), timesAsLong.toFixed(2)]),
      ...(withMemory ? measured.map(({ peakMiB }) => peakMiB!.toFixed(0)) : []),
    ];
  });
  const rule = header.map((_, i) => (i === 0 ? '---' : '--:'));
  return [header, rule, ...lines].map(cells => `| ${cells.join(' | ')} |`).join('\n');
}
