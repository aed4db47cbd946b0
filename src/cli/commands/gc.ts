import type { Command } from '../command.ts';
import { none } from '../words.ts';

export const gc = {
  name: 'gc',
  usage: [['gc [--out FOLDER] [--delete]', 'list, or remove, what no sweep there needs any more']],
  about: '--verbose lists every object.',
  options: ['out', 'delete', 'json', 'verbose'],
  words: words => none('gc', words),
  call: async options => (await import('../calls/gc.ts')).gc(options),
} as const satisfies Command;
