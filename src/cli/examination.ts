import { createColors } from 'picocolors';
import { isEligible, whyNot } from '../devices/choose.ts';
import type { Examination } from '../devices/examine.ts';
import type { Finding } from '../devices/finding.ts';
import { type Screen, wrap } from '../report/terminal.ts';

export interface MachineSummary {
  version: string;
  node: string;
  platform: string;
  cpu: string;
  cores: number;
}

const gap = '  ';

/** What `doctor` prints: a table of the engines, then why those that `auto` does not take are not taken. */
export function renderExamination(
  { version, node, platform, cpu, cores }: MachineSummary,
  { findings, recommended, usable }: Examination,
  { width, colour }: Screen,
): string {
  const { bold, dim, green, yellow, red } = createColors(colour);
  const paint = { usable: green, software: yellow, wrong: red, broken: red, absent: dim, slow: yellow };
  const header = ['engine', '', 'device', 'memory', 'self-test', 'step'];
  const rows = findings.map(rowOf);
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map(row => row[i]!.length)));
  const draw = (row: readonly string[]) =>
    row.map((text, i) => (i < 3 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!)));
  const lines = rows.map(row => {
    const [engine, state, ...rest] = draw(row) as [string, string, ...string[]];
    return [engine, paint[row[1] as State](state), ...rest].join(gap).trimEnd();
  });
  const notes = findings.flatMap(finding => noteOf(finding, width));
  const taken = recommended === undefined ? [] : [`${green(recommended)} is what \`--device auto\` takes.`];
  const conclusion = usable ? taken : [`${red('Nothing')} here can compute a sweep.`];
  return `${[
    `nern-sweep ${version}, Node ${node}, ${platform}, ${cpu} with ${cores} core${cores === 1 ? '' : 's'}`,
    '',
    bold(draw(header).join(gap).trimEnd()),
    dim(widths.map(length => '─'.repeat(length)).join(gap)),
    ...lines,
    '',
    ...wrap(
      'self-test: largest relative error; step: median time of a training step of ResNet20, hidden size 160, 4,096 kernels, 32 images',
      width,
    ).map(dim),
    '',
    ...notes,
    ...(notes.length > 0 && conclusion.length > 0 ? [''] : []),
    ...conclusion,
  ].join('\n')}\n`;
}

type State = 'usable' | 'software' | 'slow' | 'wrong' | 'absent' | 'broken';

function stateOf(finding: Finding): State {
  const { verdict, device } = finding;
  if (verdict === 'software' || (verdict === 'passed' && device?.kind === 'software')) return 'software';
  if (verdict !== 'passed') return verdict;
  return isEligible(finding) ? 'usable' : 'slow';
}

function rowOf(finding: Finding): string[] {
  const { engine, index, device, selfTestError, stepMilliseconds } = finding;
  return [
    index === 0 ? engine : `${engine}:${index}`,
    stateOf(finding),
    [device?.name, device?.driver && `(${device.driver})`].filter(Boolean).join(' ') || '-',
    device?.memoryMiB === undefined ? '-' : `${(device.memoryMiB / 1024).toFixed(0)} GiB`,
    selfTestError === undefined ? '-' : selfTestError.toExponential(0),
    stepMilliseconds === undefined ? '-' : formatTime(stepMilliseconds),
  ];
}

function formatTime(milliseconds: number): string {
  if (milliseconds >= 10_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`;
}

/** Why `auto` does not take it, and what to do about it. */
function noteOf(finding: Finding, width: number): string[] {
  if (isEligible(finding)) return [];
  const name = finding.index === 0 ? finding.engine : `${finding.engine}:${finding.index}`;
  const software = finding.device?.kind === 'software' ? `; only \`--device ${name}\` takes it` : '';
  const text = `${whyNot(finding)}${software}${finding.hint === undefined ? '' : `. ${finding.hint}`}`;
  const indent = ' '.repeat(16);
  return wrap(text, width - indent.length).map((line, i) => (i === 0 ? name.padEnd(16) : indent) + line);
}
