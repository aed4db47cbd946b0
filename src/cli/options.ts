import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type DeviceAsk, deviceNames, readDevice } from '../devices/ask.ts';
import { Failure } from '../failure.ts';
import { configurationKeys, isPlace } from '../spec/schema.ts';
import {
  type Command,
  type OptionName,
  type Options,
  optionNames,
  optionRecords,
  seeHelp,
} from './command.ts';
import { commands, ownersOf } from './command-list.ts';
import { run } from './commands/run.ts';
import { unknown } from './words.ts';

/** The command line: what is called, and with what. */
export interface CommandLine extends Options {
  command: string;
  help: boolean;
  version: boolean;
}

/** More processes or threads than any one machine has cores for would only exhaust it. */
const maxParallel = 256;

/** Throws a Failure of kind 'spec' that names the part of the call that is wrong and what may have been meant. */
export function parseCommandLine(args: string[]): CommandLine {
  const options = givenOptions(args);
  const { values: given, positionals } = parseArgs({ args, options: optionRecords, allowPositionals: true });
  const { from, headers, ...values } = given;
  const [first] = positionals;
  const named = commands.find(({ name }) => name === first && name !== run.name);
  const command = named ?? run;
  const words = named === undefined ? positionals : positionals.slice(1);
  const isCall = !values.help && !values.version;
  if (named === undefined && first !== undefined && /^[\w-]+$/.test(first) && !existsSync(first)) {
    const names = commands.flatMap(({ name }) => (name === run.name ? [] : [name]));
    throw unknown('command', first, names, 'To run a spec, give its file and no command.');
  }
  if (isCall) refuseForeign(options, command);
  const subject = isCall ? command.words(words, { from, headers }) : {};
  if (values.out === '') throw new Failure('spec', 'Expected --out to name a folder, got an empty name');
  return {
    ...{ specs: [], subject: '', setup: undefined, data: undefined },
    ...{ only: undefined, with: undefined, to: undefined, explain: undefined },
    ...values,
    ...subject,
    command: command.name,
    device: device(values.device),
    repeats: count('--repeats', values.repeats),
    jobs: count('--jobs', values.jobs, maxParallel),
    threads: count('--threads', values.threads, maxParallel),
  };
}

/** An option of another command. */
function refuseForeign(options: readonly OptionName[], command: Command): void {
  for (const option of options) {
    const owners = ownersOf(option).map(name => (name === run.name ? 'a run' : `\`${name}\``));
    if (owners.length === 0 || command.options.includes(option)) continue;
    const all = owners.length === 1 ? owners[0] : `${owners.slice(0, -1).join(', ')} and ${owners.at(-1)}`;
    const hint =
      command.name === run.name ? seeHelp : `nern-sweep ${command.name} --help shows what it takes.`;
    throw new Failure('spec', `Expected --${option} with ${all} only`, hint);
  }
}

/** The options that are there. Says what Node's errors say in words of its interface, which its versions change. */
function givenOptions(args: string[]): OptionName[] {
  const options = { options: optionRecords, allowPositionals: true, strict: false, tokens: true } as const;
  const { tokens } = parseArgs({ args, ...options });
  return tokens.flatMap(token => {
    if (token.kind !== 'option') return [];
    const { name, rawName, value, inlineValue } = token;
    if (!isKnown(name) && isSetting(name))
      throw new Failure(
        'spec',
        `Expected a known option, got \`${rawName}\``,
        `Write \`--set ${name}=${value ?? '...'}\`: it is a setting of the spec.`,
      );
    if (!isKnown(name))
      throw unknown('option', rawName, optionNames, 'nern-sweep --help lists all options.', '--');
    const takesValue = optionRecords[name].type === 'string';
    if (!takesValue && value !== undefined)
      throw new Failure('spec', `Expected --${name} to stand alone, got the value \`${value}\``, seeHelp);
    if (takesValue && value === undefined)
      throw new Failure('spec', `Expected a value after ${rawName}, got none`, seeHelp);
    if (takesValue && !inlineValue && value?.startsWith('-'))
      throw new Failure(
        'spec',
        `Expected a value after ${rawName}, got the option \`${value}\``,
        `A value that begins with a dash is written --${name}=${value}.`,
      );
    return [name];
  });
}

const isSetting = (name: string) =>
  configurationKeys.includes(name.split('.')[0]!) && (!name.includes('.') || isPlace(name.split('.')));

const isKnown = (name: string): name is OptionName => Object.hasOwn(optionRecords, name);

function device(text: string | undefined): DeviceAsk | undefined {
  if (text === undefined) return undefined;
  const ask = readDevice(text);
  if (ask !== undefined) return ask;
  const known = `Known are ${deviceNames.join(', ')}; a number behind one chooses among several: cuda:1.`;
  throw unknown('device', text, deviceNames, known);
}

function count(name: string, text: string | undefined, most = Number.MAX_SAFE_INTEGER): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  const range = most < Number.MAX_SAFE_INTEGER ? `from 1 to ${most}` : 'of at least 1';
  if (!/^\d+$/.test(text) || value < 1 || value > most)
    throw new Failure('spec', `Expected ${name} to be a whole number ${range}, got \`${text}\``);
  return value;
}
