import type { Command } from '../command.ts';
import { subject } from '../words.ts';

export const exportCommand = {
  name: 'export',
  usage: [['export RUN [--to FOLDER]', "a finished run's predictor and reconstructed network, as files"]],
  about: 'RUN is the folder of a run, or its name <sweep>/<cell>/seed-<seed> below --out.',
  options: ['out', 'threads', 'device', 'with', 'to', 'json', 'quiet'],
  words: words => subject('export', "a run's folder or name", words),
  call: async options => (await import('../calls/export.ts')).exportProduct(options),
} as const satisfies Command;
