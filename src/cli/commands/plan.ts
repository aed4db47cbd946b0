import type { Command } from '../command.ts';
import { specs } from '../words.ts';
import { ofSpecs } from './run.ts';

export const plan = {
  name: 'plan',
  usage: [['plan [options] SPEC...', 'say what would run, why, and what it would cost; run nothing']],
  about: 'Takes the options of a run as well, and tells of each kind of stage and each cell what they imply.',
  options: [...ofSpecs, 'explain', 'calibrate'],
  words: specs,
  call: async options => (await import('../calls/plan.ts')).plan(options),
} as const satisfies Command;
