import { padded, wrap } from '../text-width.ts';
import { type Command, everywhere, type OptionName, optionNames, optionRecords, written } from './command.ts';
import { commands, ownersOf } from './command-list.ts';

const width = 118;

/** Two columns of text; where the first is too wide for its own, the second begins a little later. */
function twoColumns(first: string, column: number, second: string): string[] {
  const beginning = padded(`${first}  `, column);
  const indent = ' '.repeat(column);
  const [line = '', ...others] = wrap(second, width - Math.max(column, beginning.length));
  return [beginning + line, ...others.map(other => indent + other)];
}

/** How the commands are called, a line for each way. */
export const usageOf = (some: readonly Command[]): string[] =>
  some.flatMap(({ usage }) =>
    usage.flatMap(([words, meaning]) => twoColumns(`nern-sweep ${words}`, 40, meaning)),
  );

function optionLines(names: readonly OptionName[], isGeneral: boolean): string[] {
  return names.flatMap(name => {
    const { short, help }: { short?: string; help: string } = optionRecords[name];
    const owners = ownersOf(name);
    const whose = isGeneral && owners.length > 0 && owners.length <= 2 ? `of ${owners.join(' and ')}: ` : '';
    const first = `  ${short === undefined ? '' : `-${short}, `}${written(name)}`;
    return twoColumns(first, 23, `${whose}${help}`);
  });
}

const usageBlock = (some: readonly Command[]): string[] =>
  usageOf(some).map((line, i) => (i === 0 ? 'Usage: ' : '       ') + line);

/** What `--help` prints without a command. */
export const helpText = (): string => `${usageBlock(commands).join('\n')}

nern-sweep COMMAND --help tells what a command takes.

Options:
${optionLines(optionNames, true).join('\n')}

Exit codes: 0 all runs complete, 1 some run failed, 2 the spec or the call is wrong,
3 the environment lacks something, 130 interrupted (finished runs are kept).
`;

/** What `--help` prints behind a command. */
export function helpOf(command: Command): string {
  const own = optionNames.filter(name => command.options.includes(name) || everywhere.includes(name));
  return `${usageBlock([command]).join('\n')}

${wrap(command.about, width).join('\n')}

Options:
${optionLines(own, false).join('\n')}
`;
}
