import { expect, test } from 'vitest';
import { sizeOf } from '../../src/graph/tensor.ts';
import { matchParameters } from '../../src/networks/keys.ts';
import { parameterShapes } from '../../src/networks/network.ts';
import { renameTensors } from '../../src/networks/rename.ts';
import { resnet } from '../../src/networks/resnet.ts';

const network = resnet(8, 'A', 10);
const scalar = { shape: [1], data: new Float32Array(1) };
const weights = new Map(
  [...parameterShapes(network)].map(([name, shape], i) => [
    name,
    { shape, data: new Float32Array(sizeOf(shape)).fill(i) },
  ]),
);
const prefixed = (prefix: string) =>
  new Map([...weights].map(([name, tensor]) => [`${prefix}${name}`, tensor]));
const hintOf = (attempt: () => unknown) => {
  try {
    attempt();
  } catch (error) {
    return (error as { hint?: string }).hint;
  }
  throw new Error('Expected a failure');
};

test('names are changed by each renaming after the other, and left out without a replacement', () => {
  // As pytorchcv calls them.
  const theirs = new Map(
    [...weights].map(([name, tensor]) => [
      name
        .replace(/^conv1\./, 'features.init_block.conv.')
        .replace(/^bn1\./, 'features.init_block.bn.')
        .replace(
          /^layer(\d)\.(\d)\.conv(\d)/,
          (_, s, b, c) => `features.stage${s}.unit${+b + 1}.body.conv${c}.conv`,
        )
        .replace(
          /^layer(\d)\.(\d)\.bn(\d)/,
          (_, s, b, c) => `features.stage${s}.unit${+b + 1}.body.conv${c}.bn`,
        )
        .replace(/^linear\./, 'output.'),
      tensor,
    ]),
  );
  theirs.set('criterion.weight', scalar);
  expect(hintOf(() => matchParameters(network, theirs, 'net.pth', 'teacher'))).toBe(
    'The names are those of pytorchcv: change them by `teacher.rename`, or list the layers in a file (docs/networks.md).',
  );
  const renamed = renameTensors(
    theirs,
    [
      { from: '^features\\.init_block\\.conv\\.', to: 'conv1.' },
      { from: '^features\\.init_block\\.bn\\.', to: 'bn1.' },
      { from: '^features\\.stage(\\d)\\.unit1\\.', to: 'layer$1.0.' },
      { from: '\\.body\\.conv(\\d)\\.conv\\.', to: '.conv$1.' },
      { from: '\\.body\\.conv(\\d)\\.bn\\.', to: '.bn$1.' },
      { from: '^output\\.', to: 'linear.' },
      { from: '^criterion\\.' },
    ],
    'net.pth',
  );
  expect(matchParameters(network, renamed, 'net.pth')).toEqual(weights);
});

test('a renaming that fits nothing, or makes one name of two, is told with its place', () => {
  const rename = (from: string, to?: string) => () =>
    renameTensors(
      weights,
      [{ from: '^conv1', to: 'c' }, to === undefined ? { from } : { from, to }],
      'net.pth',
      'teacher',
    );
  expect(rename('^criterion')).toThrow(
    'Expected `teacher.rename[1].from` to fit a name in net.pth, got `^criterion`, which fits none of c.weight, bn1.weight, bn1.bias, ...',
  );
  expect(rename('\\d', '')).toThrow('`teacher.rename[1].from` to keep the names in net.pth apart');
});

test.each(['', 'model.', 'module.backbone.'])(
  'beside the names behind `%s` a stray one is named, with a way to leave it out',
  prefix => {
    const given = new Map([...prefixed(prefix), ['criterion.weight', scalar] as const]);
    const attempt = () => matchParameters(network, given, 'net.pth');
    expect(attempt).toThrow('the parameters of resnet8, but the file has criterion.weight besides');
    expect(hintOf(attempt)).toContain("`target.rename: [{ from: '^criterion\\.weight' }]`");
    const left = renameTensors(given, [{ from: '^criterion\\.weight' }], 'net.pth');
    expect(matchParameters(network, left, 'net.pth')).toEqual(weights);
  },
);

test.each(['', 'model.', 'module.'])('the counters of a profiler are no parameters, behind `%s`', prefix => {
  const given = prefixed(prefix);
  for (const name of ['total_ops', 'total_params', 'conv1.total_ops', 'layer1.0.total_params'])
    given.set(name.includes('.') ? prefix + name : name, scalar);
  expect(matchParameters(network, given, 'net.pth')).toEqual(weights);
});

test.each([
  ["RepDistiller's wide networks", ['block1.layer.0.conv1.weight', 'block2.layer.0.conv1.weight']],
  ["RepDistiller's plain networks", ['block0.0.weight', 'block1.0.weight']],
])('the names of %s are known', (maker, names) => {
  const given = new Map(names.map(name => [name, scalar]));
  expect(hintOf(() => matchParameters(network, given, 'net.pth'))).toContain(
    `${maker}: change them by \`target.rename\``,
  );
});
