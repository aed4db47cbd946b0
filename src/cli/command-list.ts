import type { Command, OptionName } from './command.ts';
import { data } from './commands/data.ts';
import { doctor } from './commands/doctor.ts';
import { exportCommand } from './commands/export.ts';
import { gc } from './commands/gc.ts';
import { plan } from './commands/plan.ts';
import { reconstruct } from './commands/reconstruct.ts';
import { run } from './commands/run.ts';
import { setup } from './commands/setup.ts';
import { validate } from './commands/validate.ts';

/** Every command, in the order of the help; a new one is a file in commands/ and a word here. */
export const commands: readonly Command[] = [
  ...[run, plan, validate, exportCommand, reconstruct],
  ...[gc, doctor, setup, data],
];

/** The names of the commands that take an option. */
export const ownersOf = (option: OptionName): string[] =>
  commands.filter(({ options }) => options.includes(option)).map(({ name }) => name);
