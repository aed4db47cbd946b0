import { Failure } from '../../failure.ts';
import { type Command, type Sources, seeHelp, setups, type Words } from '../command.ts';
import { unknown } from '../words.ts';

export const setup = {
  name: 'setup',
  usage: [
    ['setup tensorflow --from SOURCE [--headers SOURCE]', 'link TensorFlow.js to a TensorFlow'],
    ['setup cuda [--from SOURCE]', "install ONNX Runtime's CUDA provider"],
  ],
  about: 'SOURCE is an environment of Python, an archive or a folder.',
  options: ['from', 'headers'],
  words: named,
  call: async options => {
    const code = await (await import('../calls/setup.ts')).setup(options.setup!);
    await (await import('../../devices/verdicts.ts')).forgetVerdicts();
    return code;
  },
} as const satisfies Command;

function named([word, ...more]: readonly string[], sources: Sources): Partial<Words> {
  const what = setups.find(name => name === word);
  if (what === undefined && word !== undefined) throw unknown('thing to set up', word, setups, seeHelp);
  if (what === undefined || more.length > 0) {
    const got = word === undefined ? 'nothing' : `\`${[word, ...more].join(' ')}\``;
    throw new Failure('spec', `Expected \`setup tensorflow\` or \`setup cuda\`, got ${got}`, seeHelp);
  }
  return { setup: { what, ...sources } };
}
