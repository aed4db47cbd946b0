import { failureOfSystem } from '../execute/system.ts';
import { Failure, type FailureKind } from '../failure.ts';
import { commands } from './command-list.ts';
import { helpOf, helpText } from './help.ts';
import { outliveTerminal } from './interrupt.ts';
import { parseCommandLine } from './options.ts';
import { guardOutput, print } from './output.ts';
import { toolVersion } from './version.ts';

const exitCodes: Partial<Record<FailureKind, number>> = {
  ...{ spec: 2, environment: 3, checkpoint: 3, data: 3 },
  'out-of-memory': 3,
};

/** Dispatches to the commands, which are loaded only when they are called: --help and --version answer at once. */
async function main(args: string[]): Promise<number> {
  const options = parseCommandLine(args);
  const command = commands.find(({ name }) => name === options.command)!;
  if (options.help) print(command.name === 'run' ? helpText() : helpOf(command));
  else if (options.version) print(`${toolVersion()}\n`);
  else return command.call(options);
  return 0;
}

function tell({ message, hint }: Failure): void {
  process.stderr.write(`nern-sweep: ${message}\n${hint === undefined ? '' : `  ${hint}\n`}`);
}

guardOutput(tell);
outliveTerminal();
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const failure = error instanceof Failure ? error : failureOfSystem(error);
  if (failure !== undefined) {
    tell(failure);
    process.exitCode = exitCodes[failure.kind] ?? 1;
  } else {
    const trace = error instanceof Error ? error.stack : String(error);
    process.stderr.write(`nern-sweep: this is a bug, please report it with these lines:\n${trace}\n`);
    process.exitCode = 1;
  }
}
