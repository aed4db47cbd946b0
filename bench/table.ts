import type { Row } from './measure.ts';

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
