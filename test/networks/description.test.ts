import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { networkOf } from '../../src/networks/build.ts';
import { catalogue, type NetworkName } from '../../src/networks/catalogue.ts';
import type { Layer } from '../../src/networks/layer.ts';
import { learnableParameters, parameterShapes } from '../../src/networks/network.ts';
import { networkSchema } from '../../src/spec/schema.ts';
import { readNetworkFile } from '../../src/target/network-file.ts';
import { newFolder } from '../support/files.ts';

const task = { classes: 10, input: [3, 32, 32] } as const;
const folder = newFolder();

function read(text: string, name = 'net.yaml') {
  writeFileSync(join(folder, name), text);
  return readNetworkFile(join(folder, name), task);
}

const refusal = async (text: string) => {
  const failure = await read(text).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(failure instanceof Failure)) throw new Error(`Expected a failure, got ${failure}`);
  return failure.message.replaceAll(join(folder, '/'), '');
};

const vgg = `name: vgg-small
layers:
  - { kind: convolution, name: conv1, norm: bn1, filters: 8, size: 3 }
  - { kind: relu }
  - { kind: max-pool, size: 2 }
  - { kind: convolution, name: conv2, filters: 16, size: 5, bias: true, represented: true }
  - { kind: relu }
  - { kind: average-pool, size: 4 }
  - { kind: flatten }
  - { kind: linear, name: fc1, outputs: 32 }
  - { kind: relu }
  - { kind: linear, name: fc2 }
`;

describe('a description', () => {
  test('is a network, with all that it leaves open', async () => {
    const { network } = await read(vgg);
    expect(learnableParameters(network)).toBe(8 * 3 * 9 + 16 * 8 * 25);
    expect([...parameterShapes(network)].map(([name, shape]) => `${name} ${shape}`)).toEqual([
      'conv1.weight 8,3,3,3',
      'bn1.weight 8',
      'bn1.bias 8',
      'bn1.running_mean 8',
      'bn1.running_var 8',
      'conv2.weight 16,8,5,5',
      'conv2.bias 16',
      'fc1.weight 32,256',
      'fc1.bias 32',
      'fc2.weight 10,32',
      'fc2.bias 10',
    ]);
  });

  test('may be JSON', async () => {
    const layers = [{ kind: 'average' }, { kind: 'linear', name: 'fc' }];
    const { network } = await read(JSON.stringify({ name: 'n', layers }), 'net.json');
    expect([...parameterShapes(network).keys()]).toEqual(['fc.weight', 'fc.bias']);
  });

  test('that cannot be is refused with its place', async () => {
    const without = (line: string) => vgg.replace(`  - { ${line} }\n`, '');
    const messages = [
      await refusal(''),
      await refusal('name: ['),
      await refusal(vgg.replace('size: 3', 'sise: 3')),
      await refusal(vgg.replace('filters: 8', 'filters: many').replace('kind: flatten', 'kind: flaten')),
      await refusal(vgg.replace('max-pool, size: 2', 'max-pool, size: 2, from: conv7')),
      await refusal(vgg.replace('average-pool, size: 4', 'average-pool, size: 5')),
      await refusal(without('kind: flatten')),
      await refusal(without('kind: linear, name: fc2')),
      await refusal(vgg.replace('size: 5', 'size: 4')),
    ];
    expect(`\n${messages.join('\n')}\n`).toMatchInlineSnapshot(`
      "
      net.yaml:1:1: Expected a mapping with \`name\` and \`layers\`
      net.yaml:1:7: Expected \`[\` to be closed by \`]\`, found none (write \`]\` where it ends)
      net.yaml:3:5: Missing key \`size\` in \`layers[0]\`; net.yaml:3:62: Unknown key \`sise\` in \`layers[0]\` (did you mean \`size\`?)
      net.yaml:3:59: Expected \`layers[0].filters\` to be an integer from 1 to 65536 or \`classes\`, got \`many\`; net.yaml:9:13: Expected \`layers[6].kind\` to be \`convolution\`, \`norm\`, \`relu\`, \`add\`, \`concatenate\`, \`max-pool\`, \`average-pool\`, \`average\`, \`subsample\`, \`flatten\` or \`linear\`, got \`flaten\` (did you mean \`flatten\`?)
      net.yaml:5:38: Expected \`from\` of layer 2 (max-pool) of vgg-small to be the name of an earlier layer, got \`conv7\`
      net.yaml:8:33: Expected \`size\` of layer 5 (average-pool) of vgg-small to be a divisor of the sides of [16, 16, 16], got \`5\`
      net.yaml:9:5: Expected \`from\` of layer 6 (linear \`fc1\`) of vgg-small to be a vector, got \`[16, 4, 4]\`
      net.yaml:11:13: Expected vgg-small to end with one value for each of 10 classes, got [32]
      net.yaml:6:58: Expected \`size\` of layer 3 (convolution \`conv2\`) of vgg-small to be odd where the convolution is represented, for kernels have a centre, got \`4\`
      "
    `);
  });
});

test('every named network could be described by a file', () => {
  const valid = new Ajv2020({ strict: false }).compile(networkSchema);
  for (const name of Object.keys(catalogue) as NetworkName[]) {
    for (const shortcut of ['A', 'B'] as const) {
      const layers = catalogue[name](shortcut);
      expect([name, valid({ name, layers }), valid.errors]).toEqual([name, true, null]);
    }
  }
});

test('a map that is the same in both networks is not compared', () => {
  const layers: Layer[] = [
    { kind: 'convolution', name: 'stem', filters: 8, size: 7 },
    { kind: 'relu', to: 'x' },
    { kind: 'convolution', name: 'conv', filters: 8, size: 3 },
    { kind: 'add', from: ['conv', 'x'] },
    { kind: 'average' },
    { kind: 'linear', name: 'fc' },
  ];
  const { steps, untouched } = networkOf({ name: 'n', layers }, task);
  expect([...untouched]).toEqual(['image', 'stem', 'x']);
  expect(steps.flatMap(step => ('compared' in step ? [step.compared] : []))).toEqual([false, true, true]);
});
