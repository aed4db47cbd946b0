import type { Command } from '../command.ts';
import { subject } from '../words.ts';

export const reconstruct = {
  name: 'reconstruct',
  usage: [['reconstruct FILE.nern --with ORIGINAL [--to FOLDER]', 'the network of an exported predictor']],
  about: 'Predicts the convolutions from the .nern file, and copies everything else from the original.',
  options: ['threads', 'device', 'with', 'to', 'json', 'quiet'],
  words: words => subject('reconstruct', 'a .nern file', words),
  call: async options => (await import('../calls/reconstruct.ts')).reconstruct(options),
} as const satisfies Command;
