import type { Command, OptionName } from '../command.ts';
import { specs } from '../words.ts';

/** What every command on specs takes, so that a call can be planned and checked as it stands. */
export const ofSpecs = [
  ...(['out', 'set', 'repeats', 'jobs', 'threads', 'device', 'only'] as const),
  ...(['json', 'quiet', 'verbose'] as const),
] satisfies OptionName[];

export const run = {
  name: 'run',
  usage: [['[options] SPEC...', 'run what the specs imply and is not complete yet']],
  about: 'Called without a command. The same call runs only what is missing; Ctrl-C saves and stops.',
  options: ofSpecs,
  words: specs,
  call: async options => (await import('../calls/run.ts')).run(options),
} as const satisfies Command;
