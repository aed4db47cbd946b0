import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { settle } from '../../src/inputs/settle.ts';
import { networkOf } from '../../src/networks/build.ts';
import { catalogue } from '../../src/networks/catalogue.ts';
import { parameterShapes } from '../../src/networks/network.ts';
import { parseSpec } from '../../src/spec/sweep.ts';
import { writeSafetensors } from '../../src/weights/safetensors.ts';
import { newFolder } from '../support/files.ts';

const folder = newFolder();

/** A resnet8 as akamaster calls it, or as chenyaofo does. */
for (const [maker, shortcut] of [
  ['akamaster', 'A'],
  ['chenyaofo', 'B'],
] as const) {
  const network = networkOf(
    { name: 'resnet8', layers: catalogue.resnet8(shortcut) },
    { classes: 10, input: [3, 32, 32] },
  );
  const tensors = [...parameterShapes(network)].map(([name, shape]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const own = shortcut === 'A' ? name : name.replace('.shortcut.', '.downsample.').replace(/^linear/, 'fc');
    return [own, { shape, data: new Float32Array(size).fill(0.01) }] as const;
  });
  writeFileSync(join(folder, `${maker}.safetensors`), writeSafetensors(new Map(tensors)));
}

const target = (maker: string) =>
  `target: { network: resnet8, dataset: cifar10, weights: ${maker}.safetensors }`;
const teacher = (maker: string, rest = '') =>
  `teacher: { network: resnet8, weights: ${maker}.safetensors${rest} }`;

async function settled(...lines: string[]) {
  const parsed = parseSpec(['name: x', ...lines].join('\n'), join(folder, 'spec.yaml'));
  if (!parsed.ok) throw new Error(parsed.diagnostics.map(({ message }) => message).join('\n'));
  const { sweep, notes } = await settle(parsed.sweep);
  const { data, teacher } = sweep.cells[0]!.configuration;
  return { normalize: data.normalize, teacher: teacher === 'none' ? undefined : teacher.normalize, notes };
}

describe('how images are normalised', () => {
  test.each([
    ['the usual way where the makers did so, and nothing is said', 'akamaster', 'imagenet', []],
    [
      'as the makers did, and that is told',
      'chenyaofo',
      'cifar10',
      [
        "normalised by `cifar10`, for the target's weights have the names of chenyaofo's networks; `data.normalize` says otherwise",
      ],
    ],
  ])('%s', async (_, maker, normalize, notes) => {
    expect(await settled(target(maker))).toEqual({ normalize, teacher: undefined, notes });
  });

  test('as the spec says, which is told where the makers did otherwise', async () => {
    expect(await settled(target('chenyaofo'), 'data: { normalize: imagenet }')).toEqual({
      normalize: 'imagenet',
      teacher: undefined,
      notes: [
        "normalised by `imagenet`, as `data.normalize` says; but the target's weights have the names of chenyaofo's networks: those had `cifar10`",
      ],
    });
    const same = 'data: { normalize: { mean: [0.4914, 0.4822, 0.4465], std: [0.2023, 0.1994, 0.201] } }';
    expect((await settled(target('chenyaofo'), same)).notes).toEqual([]);
  });

  test('for a teacher by other makers, its own way', async () => {
    expect(await settled(target('akamaster'), teacher('chenyaofo'))).toMatchObject({
      normalize: 'imagenet',
      teacher: 'cifar10',
      notes: [expect.stringContaining("the teacher's weights have the names of chenyaofo's networks")],
    });
    expect(await settled(target('chenyaofo'), teacher('akamaster'))).toMatchObject({
      normalize: 'cifar10',
      teacher: 'imagenet',
    });
    expect(await settled(target('akamaster'), teacher('akamaster'))).toMatchObject({ teacher: undefined });
    expect(await settled(target('akamaster'), teacher('chenyaofo', ', normalize: imagenet'))).toMatchObject({
      teacher: 'imagenet',
    });
  });

  test('the usual way for what nobody is known to have made, and for a file that is not there', async () => {
    expect((await settled('target: { network: resnet8, dataset: procedural }')).normalize).toBe('imagenet');
    expect(await settled(target('none'))).toEqual({ normalize: 'imagenet', teacher: undefined, notes: [] });
  });
});
