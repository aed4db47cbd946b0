import { createColors } from 'picocolors';
import { isEligible, whyNot } from '../devices/choose.ts';
import type { Examination } from '../devices/examine.ts';
import type { Finding } from '../devices/finding.ts';
import type { Screen } from '../report/terminal.ts';
import { drawTable } from '../text-table.ts';
import { wrap } from '../text-width.ts';

export interface MachineSummary {
  version: string;
  node: string;
  platform: string;
  cpu: string;
  cores: number;
}

const columns = [
  ...['engine', '', 'device'].map(title => ({ title, align: 'left' }) as const),
  ...['memory', 'self-test', 'step'].map(title => ({ title, align: 'right' }) as const),
];

/** What `doctor` prints: a table of the engines, then why those that `auto` does not take are not taken. */
export function renderExamination(
  { version, node, platform, cpu, cores }: MachineSummary,
  { findings, recommended, usable }: Examination,
  { width, colour }: Screen,
): string {
  const { bold, dim, green, yellow, red } = createColors(colour);
  const paint = { usable: green, software: yellow, wrong: red, broken: red, absent: dim, slow: yellow };
  const drawn = drawTable(
    columns,
    findings.map(finding => {
      const state = stateOf(finding);
      const [engine, ...rest] = textsOf(finding);
      return [engine, paint[state](state), ...rest];
    }),
  );
  const notes = findings.flatMap(finding => noteOf(finding, width));
  const taken = recommended === undefined ? [] : [`${green(recommended)} is what \`--device auto\` takes.`];
  const conclusion = usable ? taken : [`${red('Nothing')} here can compute a sweep.`];
  return `${[
    `nern-sweep ${version}, Node ${node}, ${platform}, ${cpu} with ${cores} core${cores === 1 ? '' : 's'}`,
    '',
    bold(drawn.header),
    dim(drawn.rule),
    ...drawn.rows,
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

function textsOf({
  engine,
  index,
  device,
  selfTestError,
  stepMilliseconds,
}: Finding): [engine: string, ...rest: string[]] {
  return [
    index === 0 ? engine : `${engine}:${index}`,
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
