import type { Command } from '../command.ts';
import { specs } from '../words.ts';
import { ofSpecs } from './run.ts';

export const validate = {
  name: 'validate',
  usage: [['validate [options] SPEC...', 'check the specs and the files they name, run nothing']],
  about:
    'Takes the options of a run as well. All mistakes are told at once, each with its place; --verbose names every cell.',
  options: ofSpecs,
  words: specs,
  call: async options => (await import('../calls/validate.ts')).validate(options),
} as const satisfies Command;
