import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Failure } from '../failure.ts';
import { nearest } from '../spec/suggest.ts';

/** The command line, checked. */
export interface Options {
  command: 'run' | 'validate';
  specs: string[];
  out: string;
  set: string[];
  repeats: number | undefined;
  jobs: number | undefined;
  threads: number | undefined;
  only: string | undefined;
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
  only: { type: 'string' },
  json: { type: 'boolean', default: false },
  quiet: { type: 'boolean', short: 'q', default: false },
  verbose: { type: 'boolean', short: 'v', default: false },
  help: { type: 'boolean', short: 'h', default: false },
  version: { type: 'boolean', default: false },
} as const;

const commands = ['validate'];

/** More processes or threads than any one machine has cores for would only exhaust it. */
const maxParallel = 256;

const seeHelp = 'nern-sweep --help shows how to call it.';

/** Throws a Failure of kind 'spec' that names the part of the call that is wrong and what may have been meant. */
export function parseCommandLine(args: string[]): Options {
  refuseWrongOptions(args);
  const { values, positionals } = parseArgs({ args, options: known, allowPositionals: true });
  const [first] = positionals;
  const isValidate = first === 'validate';
  const specs = isValidate ? positionals.slice(1) : positionals;
  if (!isValidate && first !== undefined && /^[\w-]+$/.test(first) && !existsSync(first))
    throw unknown('command', first, commands, '', 'To run a spec, give its file and no command.');
  if (specs.length === 0 && !values.help && !values.version)
    throw new Failure('spec', 'Expected a spec file, got none', seeHelp);
  if (specs.includes('')) throw new Failure('spec', 'Expected a spec file, got an empty name', seeHelp);
  if (values.out === '') throw new Failure('spec', 'Expected --out to name a folder, got an empty name');
  return {
    ...values,
    command: isValidate ? 'validate' : 'run',
    specs,
    only: values.only,
    repeats: count('--repeats', values.repeats),
    jobs: count('--jobs', values.jobs, maxParallel),
    threads: count('--threads', values.threads, maxParallel),
  };
}

/** Says what Node's own errors say in the words of its interface, and differently from version to version. */
function refuseWrongOptions(args: string[]): void {
  const { tokens } = parseArgs({ args, options: known, allowPositionals: true, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const { name, rawName, value, inlineValue } = token;
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

const isKnown = (name: string): name is keyof typeof known => Object.hasOwn(known, name);

/** `prefix` is what the candidates have before them on the command line; it says nothing about likeness. */
function unknown(
  what: string,
  word: string,
  candidates: string[],
  prefix: string,
  otherwise: string,
): Failure {
  const meant = nearest(word.replace(/^-+/, ''), candidates);
  const message = `Expected a known ${what}, got \`${word}\``;
  const hint = meant === undefined ? otherwise : `Did you mean \`${prefix}${meant}\`?`;
  return new Failure('spec', message, hint);
}

function count(name: string, text: string | undefined, most = Number.MAX_SAFE_INTEGER): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  const range = most < Number.MAX_SAFE_INTEGER ? `from 1 to ${most}` : 'of at least 1';
  if (!/^\d+$/.test(text) || value < 1 || value > most)
    throw new Failure('spec', `Expected ${name} to be a whole number ${range}, got \`${text}\``);
  return value;
}
