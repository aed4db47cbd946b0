import { failureOfSystem } from '../execute/system.ts';
import { Failure, type FailureKind } from '../failure.ts';
import { helpText } from './help.ts';
import { outliveTerminal } from './interrupt.ts';
import { type Options, parseCommandLine } from './options.ts';
import { guardOutput, print } from './output.ts';
import { toolVersion } from './version.ts';

const exitCodes: Partial<Record<FailureKind, number>> = {
  ...{ spec: 2, environment: 3, checkpoint: 3, data: 3 },
  'out-of-memory': 3,
};

const commands: Record<Options['command'], (options: Options) => Promise<number>> = {
  run: async options => (await import('./commands/run.ts')).run(options),
  plan: async options => (await import('./commands/plan.ts')).plan(options),
  gc: async options => (await import('./commands/gc.ts')).gc(options),
  validate: async options => (await import('./commands/validate.ts')).validate(options),
  export: async options => (await import('./commands/export.ts')).exportProduct(options),
  reconstruct: async options => (await import('./commands/reconstruct.ts')).reconstruct(options),
  setup: async ({ setup }) => {
    const code = await (await import('./commands/setup.ts')).setup(setup!);
    await (await import('../devices/verdicts.ts')).forgetVerdicts();
    return code;
  },
  data: async options => (await import('./commands/data.ts')).data(options),
  doctor: async options => (await import('./commands/doctor.ts')).doctor(options),
};

/** Dispatches to the commands, which are loaded only when they are called: --help and --version answer at once. */
async function main(args: string[]): Promise<number> {
  const options = parseCommandLine(args);
  if (options.help) print(helpText);
  else if (options.version) print(`${toolVersion()}\n`);
  else return commands[options.command](options);
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
