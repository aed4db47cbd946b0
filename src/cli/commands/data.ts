import { datasetNames } from '../../catalogue/archives.ts';
import { Failure } from '../../failure.ts';
import type { Command, Sources, Words } from '../command.ts';
import { unknown } from '../words.ts';

export const data = {
  name: 'data',
  usage: [['data NAME [--from FILE|FOLDER]', `bring a data set to the data root: ${datasetNames.join(' ')}`]],
  about: 'The data root is NERN_SWEEP_DATA, or `data` here.',
  options: ['from', 'quiet'],
  words: named,
  call: async options => (await import('../calls/data.ts')).data(options),
} as const satisfies Command;

function named([word, ...more]: readonly string[], { from }: Sources): Partial<Words> {
  const known = `Known are ${datasetNames.join(', ')}.`;
  const name = datasetNames.find(one => one === word);
  if (name === undefined && word !== undefined) throw unknown('data set', word, datasetNames, known);
  if (name !== undefined && more.length === 0) return { data: { name, from } };
  const got = word === undefined ? 'none' : `\`${[word, ...more].join(' ')}\``;
  throw new Failure('spec', `Expected one data set after \`data\`, got ${got}`, known);
}
