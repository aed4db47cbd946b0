import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type DatasetName, datasetNames } from '../catalogue/archives.ts';
import { type DeviceAsk, deviceNames, readDevice } from '../devices/ask.ts';
import { Failure } from '../failure.ts';
import { configurationKeys, isPlace } from '../spec/schema.ts';
import { nearest } from '../spec/suggest.ts';

const commands = ['plan', 'validate', 'export', 'reconstruct', 'gc', 'data', 'doctor', 'setup'] as const;

/** What `setup` can set up. */
const setups = ['tensorflow', 'cuda'] as const;

interface SetupCall {
  what: (typeof setups)[number];
  from: string | undefined;
  headers: string | undefined;
}

type Command = 'run' | (typeof commands)[number];

/** The command line, checked. */
export interface Options {
  command: Command;
  specs: string[];
  /** Of `export`: the run; of `reconstruct`: the .nern file. */
  subject: string;
  /** Of `export` and `reconstruct`: the original's weights, and the folder that is written to. */
  with: string | undefined;
  to: string | undefined;
  out: string;
  set: string[];
  repeats: number | undefined;
  jobs: number | undefined;
  threads: number | undefined;
  device: DeviceAsk | undefined;
  /** Of `setup`: what is to be set up, and what it is taken from. */
  setup: SetupCall | undefined;
  /** Of `data`: which data set, and where it is taken from. */
  data: { name: DatasetName; from: string | undefined } | undefined;
  only: string | undefined;
  /** Of `plan`: the run whose stages are explained, and whether all steps are timed. */
  explain: string | undefined;
  calibrate: boolean;
  /** Of `gc`: whether what nothing needs is really removed. */
  delete: boolean;
  json: boolean;
  quiet: boolean;
  verbose: boolean;
  help: boolean;
  version: boolean;
}

const known = {
  out: { type: 'string', default: 'runs' },
  set: { type: 'string', multiple: true, default: [] as string[] },
  repeats: { type: 'string' },
  jobs: { type: 'string', short: 'j' },
  threads: { type: 'string' },
  device: { type: 'string' },
  from: { type: 'string' },
  headers: { type: 'string' },
  only: { type: 'string' },
  with: { type: 'string' },
  to: { type: 'string' },
  explain: { type: 'string' },
  calibrate: { type: 'boolean', default: false },
  delete: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  quiet: { type: 'boolean', short: 'q', default: false },
  verbose: { type: 'boolean', short: 'v', default: false },
  help: { type: 'boolean', short: 'h', default: false },
  version: { type: 'boolean', default: false },
} as const;

/** More processes or threads than any one machine has cores for would only exhaust it. */
const maxParallel = 256;

const seeHelp = 'nern-sweep --help shows how to call it.';

/** Throws a Failure of kind 'spec' that names the part of the call that is wrong and what may have been meant. */
export function parseCommandLine(args: string[]): Options {
  refuseWrongOptions(args);
  const { values: given, positionals } = parseArgs({ args, options: known, allowPositionals: true });
  const { from, headers, ...values } = given;
  const [first] = positionals;
  const command = commands.find(name => name === first) ?? 'run';
  const words = command === 'run' ? positionals : positionals.slice(1);
  const isCall = !values.help && !values.version;
  const ofCommand = <Value>(owner: Command, option: string, value: Value): Value => {
    if (isCall && value && command !== owner)
      throw new Failure('spec', `Expected ${option} with \`${owner}\` only`, seeHelp);
    return value;
  };
  if (isCall && command !== 'setup' && headers !== undefined)
    throw new Failure('spec', 'Expected --headers with `setup` only', seeHelp);
  if (isCall && command !== 'setup' && command !== 'data' && from !== undefined)
    throw new Failure('spec', 'Expected --from with `setup` and `data` only', seeHelp);
  if (isCall && !isOfProducts(command) && (values.with ?? values.to) !== undefined)
    throw new Failure('spec', 'Expected --with and --to with `export` and `reconstruct` only', seeHelp);
  if (command === 'run' && first !== undefined && /^[\w-]+$/.test(first) && !existsSync(first))
    throw unknown('command', first, commands, '', 'To run a spec, give its file and no command.');
  if (isCall && takesSpecs(command)) refuseSettings(words);
  if (isCall) refuseWrongWords(command, words);
  const specs = takesSpecs(command) ? words : [];
  if (specs.includes('')) throw new Failure('spec', 'Expected a spec file, got an empty name', seeHelp);
  if (values.out === '') throw new Failure('spec', 'Expected --out to name a folder, got an empty name');
  return {
    ...values,
    command,
    specs,
    subject: isOfProducts(command) ? (words[0] ?? '') : '',
    device: device(values.device),
    setup: isCall && command === 'setup' ? { what: setupNamed(words), from, headers } : undefined,
    data: isCall && command === 'data' ? { name: datasetNamed(words), from } : undefined,
    only: values.only,
    with: values.with,
    to: values.to,
    explain: ofCommand('plan', '--explain', values.explain),
    calibrate: ofCommand('plan', '--calibrate', values.calibrate),
    delete: ofCommand('gc', '--delete', values.delete),
    repeats: count('--repeats', values.repeats),
    jobs: count('--jobs', values.jobs, maxParallel),
    threads: count('--threads', values.threads, maxParallel),
  };
}

const isOfProducts = (command: Command) => command === 'export' || command === 'reconstruct';

const takesSpecs = (command: Command) => command === 'run' || command === 'plan' || command === 'validate';

/** A setting among the specs lacks its option. */
function refuseSettings(words: readonly string[]): void {
  const setting = words.find(word => /^[\w.]+=/.test(word) && !existsSync(word));
  if (setting === undefined) return;
  throw new Failure('spec', `Expected a spec file, got \`${setting}\``, `Write \`--set ${setting}\`.`);
}

/** Each command takes its own words. */
function refuseWrongWords(command: Command, words: readonly string[]): void {
  if (takesSpecs(command) && words.length === 0)
    throw new Failure('spec', 'Expected a spec file, got none', seeHelp);
  if (isOfProducts(command) && (words.length !== 1 || words[0] === '')) {
    const what = command === 'export' ? "a run's folder or name" : 'a .nern file';
    const got = words.length === 0 ? 'none' : `\`${words.join(' ')}\``;
    throw new Failure('spec', `Expected ${what} after \`${command}\`, got ${got}`, seeHelp);
  }
  if ((command === 'doctor' || command === 'gc') && words.length > 0)
    throw new Failure('spec', `Expected nothing after \`${command}\`, got \`${words[0]}\``, seeHelp);
}

function datasetNamed([word, ...more]: readonly string[]): DatasetName {
  const name = datasetNames.find(one => one === word);
  if (name === undefined && word !== undefined)
    throw unknown('data set', word, datasetNames, '', `Known are ${datasetNames.join(', ')}.`);
  if (name !== undefined && more.length === 0) return name;
  const got = word === undefined ? 'none' : `\`${[word, ...more].join(' ')}\``;
  throw new Failure(
    'spec',
    `Expected one data set after \`data\`, got ${got}`,
    `Known are ${datasetNames.join(', ')}.`,
  );
}

function setupNamed([word, ...more]: readonly string[]): SetupCall['what'] {
  const what = setups.find(name => name === word);
  if (what === undefined && word !== undefined) throw unknown('thing to set up', word, setups, '', seeHelp);
  if (what === undefined || more.length > 0) {
    const got = word === undefined ? 'nothing' : `\`${[word, ...more].join(' ')}\``;
    throw new Failure('spec', `Expected \`setup tensorflow\` or \`setup cuda\`, got ${got}`, seeHelp);
  }
  return what;
}

/** Says what Node's own errors say in the words of its interface, and differently from version to version. */
function refuseWrongOptions(args: string[]): void {
  const { tokens } = parseArgs({ args, options: known, allowPositionals: true, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const { name, rawName, value, inlineValue } = token;
    if (!isKnown(name) && isSetting(name))
      throw new Failure(
        'spec',
        `Expected a known option, got \`${rawName}\``,
        `Write \`--set ${name}=${value ?? '...'}\`: it is a setting of the spec.`,
      );
    if (!isKnown(name))
      throw unknown('option', rawName, Object.keys(known), '--', 'nern-sweep --help lists all options.');
    const takesValue = known[name].type === 'string';
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
  }
}

const isSetting = (name: string) =>
  configurationKeys.includes(name.split('.')[0]!) && (!name.includes('.') || isPlace(name.split('.')));

const isKnown = (name: string): name is keyof typeof known => Object.hasOwn(known, name);

/** `prefix` is what the candidates have before them on the command line; it says nothing about likeness. */
function unknown(
  what: string,
  word: string,
  candidates: readonly string[],
  prefix: string,
  otherwise: string,
): Failure {
  const meant = nearest(word.replace(/^-+/, ''), candidates);
  const message = `Expected a known ${what}, got \`${word}\``;
  const hint = meant === undefined ? otherwise : `Did you mean \`${prefix}${meant}\`?`;
  return new Failure('spec', message, hint);
}

function device(text: string | undefined): DeviceAsk | undefined {
  if (text === undefined) return undefined;
  const ask = readDevice(text);
  if (ask !== undefined) return ask;
  const known = `Known are ${deviceNames.join(', ')}; a number behind one chooses among several: cuda:1.`;
  throw unknown('device', text, deviceNames, '', known);
}

function count(name: string, text: string | undefined, most = Number.MAX_SAFE_INTEGER): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  const range = most < Number.MAX_SAFE_INTEGER ? `from 1 to ${most}` : 'of at least 1';
  if (!/^\d+$/.test(text) || value < 1 || value > most)
    throw new Failure('spec', `Expected ${name} to be a whole number ${range}, got \`${text}\``);
  return value;
}
