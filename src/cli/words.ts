import { existsSync } from 'node:fs';
import { Failure } from '../failure.ts';
import { nearest } from '../spec/suggest.ts';
import { seeHelp, type Words } from './command.ts';

/** The files of one or more specs. */
export function specs(words: readonly string[]): Partial<Words> {
  refuseSettings(words);
  if (words.length === 0) throw new Failure('spec', 'Expected a spec file, got none', seeHelp);
  if (words.includes('')) throw new Failure('spec', 'Expected a spec file, got an empty name', seeHelp);
  return { specs: [...words] };
}

/** A setting among the specs lacks its option. */
function refuseSettings(words: readonly string[]): void {
  const setting = words.find(word => /^[\w.]+=/.test(word) && !existsSync(word));
  if (setting === undefined) return;
  throw new Failure('spec', `Expected a spec file, got \`${setting}\``, `Write \`--set ${setting}\`.`);
}

/** The one thing that a command is about. */
export function subject(command: string, what: string, words: readonly string[]): Partial<Words> {
  const [word, ...more] = words;
  if (word !== undefined && word !== '' && more.length === 0) return { subject: word };
  const got = words.length === 0 ? 'none' : `\`${words.join(' ')}\``;
  throw new Failure('spec', `Expected ${what} after \`${command}\`, got ${got}`, seeHelp);
}

export function none(command: string, words: readonly string[]): Partial<Words> {
  if (words.length === 0) return {};
  throw new Failure('spec', `Expected nothing after \`${command}\`, got \`${words[0]}\``, seeHelp);
}

/** A word that is none of the candidates, with the nearest; `prefix` is what these have before them on the command line. */
export function unknown(
  what: string,
  word: string,
  candidates: readonly string[],
  otherwise: string,
  prefix = '',
): Failure {
  const meant = nearest(word.replace(/^-+/, ''), candidates);
  const hint = meant === undefined ? otherwise : `Did you mean \`${prefix}${meant}\`?`;
  return new Failure('spec', `Expected a known ${what}, got \`${word}\``, hint);
}
