import { availableParallelism, cpus } from 'node:os';
import { type Examination, examine } from '../../devices/examine.ts';
import type { Options } from '../command.ts';
import { renderExamination } from '../examination.ts';
import { print } from '../output.ts';
import { mayColour, mayRedraw, widthOf } from '../screen.ts';
import { toolVersion } from '../version.ts';

/** Tests and times everything that could compute here. Returns the exit code: 3 when nothing can. */
export async function doctor({ device, json, quiet }: Options): Promise<number> {
  const say = progressLine(json || quiet);
  const examination = await examine(device ?? 'auto', (engine, index) =>
    say(`testing ${engine}${index === 0 ? '' : `:${index}`}`),
  );
  say('');
  const machine = {
    version: toolVersion(),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    cpu: cpus()[0]?.model ?? process.arch,
    cores: availableParallelism(),
  };
  const screen = { width: widthOf(process.stdout), colour: mayColour(process.stdout) };
  print(
    json
      ? `${JSON.stringify({ schemaVersion: 1, machine, ...record(examination) }, null, 2)}\n`
      : renderExamination(machine, examination, screen),
  );
  return examination.usable ? 0 : 3;
}

/** JSON has no infinity, which is the error where a number is none, and no undefined. */
const record = ({ findings, recommended, usable }: Examination) => ({
  usable,
  recommended: recommended ?? null,
  engines: findings.map(finding => ({
    ...finding,
    ...(finding.selfTestError === Number.POSITIVE_INFINITY ? { selfTestError: null } : {}),
  })),
});

/** A line on the terminal that says what is done, each in place of the last one; elsewhere nothing. */
function progressLine(silent: boolean): (text: string) => void {
  const { stderr } = process;
  if (silent || !mayRedraw(stderr)) return () => {};
  return text => stderr.write(`\r\u001b[K${text}`);
}
