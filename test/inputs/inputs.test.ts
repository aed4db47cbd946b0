import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { proceduralSha256 } from '../../src/data/procedural.ts';
import { sizeOf, type Tensor } from '../../src/graph/tensor.ts';
import { checkInputs } from '../../src/inputs/inputs.ts';
import { initialisePredictor } from '../../src/nern/predictor/initialise.ts';
import { predictorShapes } from '../../src/nern/predictor/predictor-shapes.ts';
import { parameterShapes } from '../../src/networks/network.ts';
import { resnet } from '../../src/networks/resnet.ts';
import { planSweep } from '../../src/plan/plan.ts';
import { runKey } from '../../src/plan/run.ts';
import { createRandom } from '../../src/random.ts';
import { parseSpec } from '../../src/spec/sweep.ts';
import { writeSafetensors } from '../../src/weights/safetensors.ts';
import { newFolder } from '../support/files.ts';

const folder = newFolder();
writeFileSync(join(folder, 'foreign.th'), 'no checkpoint');

function sweepOf(text: string) {
  const parsed = parseSpec(text, join(folder, 'spec.yaml'));
  if (!parsed.ok) throw new Error(parsed.diagnostics[0]!.message);
  return parsed.sweep;
}

describe('checkInputs', () => {
  it.each([
    ['[accuracy]', ['test', 'weights']],
    ['[top-5]', ['test', 'weights']],
    ['[reconstruction-error]', ['weights']],
    ['[loss-landscape]', ['test', 'train', 'weights']],
  ])('hashes what training without images and evaluate: %s read', async (measures, roles) => {
    const sweep = sweepOf(`name: x
target: { network: resnet8, dataset: procedural, weights: embedded }
alpha: 0
beta: 0
evaluate: ${measures}
`);
    const { cells } = await checkInputs(sweep);
    expect(Object.keys(cells.get(sweep.cells[0]!.id)!.hashes).sort()).toEqual(roles);
  });

  it.each([
    ['{ kind: flatten }', 'no convolution'],
    ['{ kind: convolution, name: a, filters: 2, size: 5 }', 'convolutions of 5x5 only'],
  ])('refuses a network without a kernel to represent: %s', async (layer, found) => {
    writeFileSync(
      join(folder, 'none.yaml'),
      `name: none\nlayers:\n  - ${layer}\n  - { kind: flatten }\n  - { kind: linear, name: head }\n`,
    );
    const text = `name: x
target: { network: { file: none.yaml }, dataset: procedural, train: { epochs: 1 } }
data: { train: 12, test: 8 }
`;
    const { diagnostics } = await checkInputs(sweepOf(text));
    expect(diagnostics).toMatchObject([
      {
        message: `Expected none.yaml to have convolutions of 1x1 or 3x3, whose kernels a predictor learns, found ${found}`,
        hint: 'Name another network, or measure this one by itself with `baseline: true`.',
        range: { line: 2 },
      },
    ]);
    expect((await checkInputs(sweepOf(`${text}baseline: true\n`))).diagnostics).toEqual([]);
  });

  it('hashes what each phase reads, and what the best of seeds is told by', async () => {
    const sweep = sweepOf(`name: x
target: { network: resnet8, dataset: procedural, weights: embedded }
data: { train: 100 }
evaluate: [reconstruction-error]
select: { measure: loss, split: train }
phases:
  - { name: reconstruct, losses: [reconstruction] }
  - { name: distill, losses: [kd], from: best-of-seeds, data: { train: 50 } }
  - { name: both, losses: [reconstruction, kd] }
`);
    const { cells } = await checkInputs(sweep);
    const found = cells.get(sweep.cells[0]!.id)!.hashes;
    expect(Object.keys(found).sort()).toEqual(['images:1', 'images:2', 'train', 'weights']);
  });

  it('points at every place that names a file that is missing or of another kind', async () => {
    const { diagnostics } = await checkInputs(
      sweepOf(`name: x
data: { root: nowhere }
target: { network: resnet20, dataset: cifar10, weights: foreign.th }
matrix:
  target.weights:
    - missing.th
    - foreign.th
`),
    );
    expect(diagnostics.map(({ range, message }) => [range.line, message])).toEqual([
      [2, expect.stringContaining('nowhere to hold cifar-10-batches-bin')],
      [6, expect.stringContaining('found none at')],
      [7, expect.stringContaining('foreign.th')],
    ]);
  });

  it('fits weights to the classes of each cell', async () => {
    const { diagnostics } = await checkInputs(
      sweepOf(`name: x
target: { network: resnet8, dataset: folder, weights: ${resolve('assets/resnet8-procedural.safetensors')} }
data: { folder: nowhere }
alpha: 0
beta: 0
evaluate: [reconstruction-error]
matrix:
  data.classes: [10, 7]
`),
    );
    expect(diagnostics.map(({ message }) => message)).toEqual([
      expect.stringContaining('`linear.weight` of resnet8 to have shape [7, 64], got [10, 64]'),
    ]);
  });

  it('asks for images only where a run looks at them', async () => {
    const { diagnostics } = await checkInputs(
      sweepOf(`name: x
data: { root: nowhere }
target: { network: resnet20, dataset: cifar10, weights: foreign.th }
alpha: 0
beta: 0
evaluate: [reconstruction-error]
`),
    );
    expect(diagnostics.map(({ range }) => range.line)).toEqual([3]);
    expect(diagnostics[0]!.message).toContain('foreign.th');
  });

  it('knows what is built in by its content as well', async () => {
    const sweep = sweepOf(
      'name: x\ntarget: { network: resnet8, dataset: procedural, weights: embedded }\nrepeats: 2',
    );
    const weights = readFileSync('assets/resnet8-procedural.safetensors');
    const { cells, ...told } = await checkInputs(sweep);
    expect(told).toEqual({ diagnostics: [], notes: [] });
    expect([...cells].map(([id, { hashes }]) => [id, hashes])).toEqual([
      [
        sweep.cells[0]!.id,
        {
          weights: createHash('sha256').update(weights).digest('hex'),
          test: proceduralSha256.test,
          'images:0': proceduralSha256.train,
        },
      ],
    ]);
  });

  it('knows the predictor that training begins with by its content, and refuses one of another size', async () => {
    const shapes = predictorShapes({ inputs: 24, hidden: 6, outputs: 9 });
    const write = (name: string, seed: number) => {
      const parameters = initialisePredictor(shapes, createRandom(seed, 'init'));
      let at = 0;
      const tensors = shapes.map((shape, i): [string, Tensor] => {
        const data = parameters.slice(at, at + sizeOf(shape));
        at += data.length;
        return [`layers.${i >> 1}.${i % 2 === 0 ? 'weight' : 'bias'}`, { shape, data }];
      });
      writeFileSync(join(folder, name), writeSafetensors(new Map(tensors)));
    };
    write('first.safetensors', 0);
    write('copy.safetensors', 0);
    write('other.safetensors', 1);
    const keyWith = async (file: string, hidden = 6) => {
      const sweep = sweepOf(`name: x
target: { network: resnet8, dataset: procedural, weights: embedded }
predictor: { hidden: ${hidden}, embedding: { levels: 4 }, init: { method: checkpoint, file: ${file} } }
`);
      const { cells, diagnostics } = await checkInputs(sweep);
      return { key: runKey(planSweep(sweep, cells).runs[0]!), diagnostics };
    };
    const { key } = await keyWith('first.safetensors');
    expect((await keyWith('copy.safetensors')).key).toBe(key);
    expect((await keyWith('other.safetensors')).key).not.toBe(key);
    const { diagnostics } = await keyWith('first.safetensors', 7);
    expect(diagnostics.map(({ range, message }) => [range.line, message])).toEqual([
      [3, expect.stringContaining('to be of shape [7, 24], got [6, 24]')],
    ]);
  });

  it('knows the teacher by its content, and refuses one for other classes', async () => {
    const write = (name: string, classes: number, head: number) => {
      const tensors = [...parameterShapes(resnet(8, 'A', classes))].map(([name, shape]): [string, Tensor] => [
        name,
        { shape, data: new Float32Array(sizeOf(shape)).fill(name === 'linear.bias' ? head : 1) },
      ]);
      writeFileSync(join(folder, name), writeSafetensors(new Map(tensors)));
    };
    write('teacher.safetensors', 10, 0);
    write('same.safetensors', 10, 0);
    write('changed.safetensors', 10, 1);
    write('hundred.safetensors', 100, 0);
    const keyWith = async (teacher: string) => {
      const sweep = sweepOf(`name: x
target: { network: resnet8, dataset: procedural, weights: embedded }
teacher: ${teacher}
`);
      const { cells, diagnostics } = await checkInputs(sweep);
      return { key: runKey(planSweep(sweep, cells).runs[0]!), diagnostics };
    };
    const by = (file: string) => keyWith(`{ network: resnet8, weights: ${file} }`);
    const { key } = await by('teacher.safetensors');
    expect((await by('same.safetensors')).key).toBe(key);
    expect((await by('changed.safetensors')).key).not.toBe(key);
    expect((await keyWith('none')).key).not.toBe(key);
    const [diagnostic] = (await by('hundred.safetensors')).diagnostics;
    expect(diagnostic).toMatchObject({
      range: { line: 3, column: 39 },
      message: expect.stringContaining(
        'expected `linear.weight` of resnet8 to have shape [10, 64], got [100, 64]',
      ),
    });
    const [deeper] = (await keyWith('{ network: resnet20, weights: teacher.safetensors }\nbeta: 0'))
      .diagnostics;
    expect(deeper!.hint).toBe('The file holds a resnet8: set `teacher.network: resnet8`.');
  });
});

it('tells which images are left out because they cannot be decoded', async () => {
  const whole = readFileSync('test/fixtures/data/colour.jpg');
  const root = newFolder({
    'pictures/test/a/1.jpg': whole,
    'pictures/test/a/2.jpg': whole.subarray(0, 900),
    'pictures/test/b/1.jpg': whole,
    'imagenet-r/n01443537/1.jpg': whole,
    'imagenet-r/n12267677/1.jpg': whole.subarray(0, 900),
  });
  vi.stubEnv('NERN_SWEEP_CACHE', newFolder());
  onTestFinished(() => void vi.unstubAllEnvs());
  const { notes } = await checkInputs(
    sweepOf(`name: x
target: { network: resnet20, dataset: folder, weights: foreign.th }
data: { root: ${root}, folder: pictures, size: 16, corrupt: skip }
alpha: 0
beta: 0
evaluate: [accuracy, ood]
ood: { set: imagenet-r }
matrix: { permutation: [none, in-filter] }
`),
  );
  expect(notes).toEqual([
    expect.stringMatching(/^left out: 1 of 3 images in .*pictures\/test cannot be decoded\n {2}a\/2\.jpg: /),
    expect.stringMatching(
      /^left out: 1 of 2 images in .*imagenet-r cannot be decoded\n {2}n12267677\/1\.jpg: /,
    ),
  ]);
});
