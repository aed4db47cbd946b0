import type { Command } from '../command.ts';
import { none } from '../words.ts';

export const doctor = {
  name: 'doctor',
  usage: [['doctor [--json] [--device NAME]', 'test and time everything that could compute']],
  about: 'Ends with exit code 3 where nothing can compute a sweep.',
  options: ['device', 'json', 'quiet'],
  words: words => none('doctor', words),
  call: async options => (await import('../calls/doctor.ts')).doctor(options),
} as const satisfies Command;
