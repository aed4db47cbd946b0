import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { closest, distance } from 'fastest-levenshtein';
import { Failure } from '../failure.ts';

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

/** A suggestion that is further away than this share of the word would only confuse. */
const farthestSuggestion = 0.5;

/** Throws a Failure of kind 'spec' that names the part of the call that is wrong and what may have been meant. */
export function parseCommandLine(args: string[]): Options {
  refuseUnknownOptions(args);
  const { values, positionals } = parse(args);
  const [first] = positionals;
  const isValidate = first === 'validate';
  const specs = isValidate ? positionals.slice(1) : positionals;
  if (!isValidate && first !== undefined && /^[\w-]+$/.test(first) && !existsSync(first))
    throw unknown('command', first, commands, 'A spec is a file: is its extension missing?');
  if (specs.length === 0 && !values.help && !values.version)
    throw new Failure('spec', 'Expected a spec file, got none', 'nern-sweep --help shows how to call it.');
  return {
    ...values,
    command: isValidate ? 'validate' : 'run',
    specs,
    only: values.only,
    repeats: count('--repeats', values.repeats),
    jobs: count('--jobs', values.jobs),
    threads: count('--threads', values.threads),
  };
}

function refuseUnknownOptions(args: string[]): void {
  const { tokens } = parseArgs({ args, options: known, allowPositionals: true, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === 'option' && !Object.hasOwn(known, token.name)) {
      const names = Object.keys(known).map(name => `--${name}`);
      throw unknown('option', token.rawName, names, 'nern-sweep --help lists all options.');
    }
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: known, allowPositionals: true, strict: true });
  } catch (error) {
    // Node's sentence names the option; what follows it is advice about its own API.
    const [sentence] = (error as Error).message.split('. ');
    throw new Failure('spec', sentence!.replace(/\.?$/, ''), 'nern-sweep --help shows how to call it.');
  }
}

function unknown(what: string, word: string, candidates: string[], otherwise: string): Failure {
  const nearest = closest(word, candidates);
  const isNear = distance(word, nearest) <= farthestSuggestion * word.length;
  const message = `Expected a known ${what}, got \`${word}\``;
  return new Failure('spec', message, isNear ? `Did you mean \`${nearest}\`?` : otherwise);
}

function count(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || !Number.isSafeInteger(value))
    throw new Failure('spec', `Expected ${name} to be a whole number of at least 1, got \`${text}\``);
  return value;
}
