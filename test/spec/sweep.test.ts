import { expect, test } from 'vitest';
import { canonicalJson } from '../../src/canonical-json.ts';
import { loadSpec } from '../../src/spec/load.ts';
import { valueAt, withValue } from '../../src/spec/pointer.ts';
import { nearest } from '../../src/spec/suggest.ts';
import { parseSpec, type Sweep } from '../../src/spec/sweep.ts';

function sweepOf(text: string, set: string[] = []): Sweep {
  const result = parseSpec(text, 'folder/x.yaml', { set });
  if (!result.ok) throw new Error(result.diagnostics.map(one => one.message).join('\n'));
  return result.sweep;
}

const small = 'name: x\ntarget: { network: resnet8, dataset: procedural }\n';

test('defaults are those of the papers', () => {
  expect(sweepOf(small).cells[0]?.configuration).toEqual({
    phases: 'joint',
    progressive: { rounds: 1, stopWhenNoGain: true },
    select: { measure: 'accuracy', split: 'test' },
    target: {
      prune: 0,
      network: 'resnet8',
      shortcut: 'auto',
      dataset: 'procedural',
      weights: 'embedded',
    },
    teacher: 'none',
    baseline: false,
    data: {
      ...{ normalize: 'auto', augment: true, heldOut: 0, source: { method: 'task' } },
      ...{ size: 224, corrupt: 'refuse', interpolation: 'bilinear' },
    },
    predictor: {
      hidden: 160,
      layers: 5,
      architecture: 'plain',
      activation: 'relu',
      resample: 'centre',
      init: { method: 'framework' },
      embedding: {
        method: 'positional',
        base: 0.76,
        levels: 40,
        fusion: 'concatenate',
        normalize: 'none',
      },
    },
    permutation: 'none',
    sampler: { method: 'magnitude', batch: 4096, uniform: 0.8, mix: 'batch', root: 'sampled' },
    alpha: 1e-4,
    beta: 1e-4,
    losses: {
      reconstruction: 'rms',
      reconstructionWeight: 1,
      kd: 'stable',
      temperature: 1,
      fmd: 'per-image',
    },
    iterations: 70000,
    batch: 256,
    warmup: 0,
    optimizer: {
      method: 'ranger',
      lr: 5e-3,
      betas: [0.5, 0.999],
      eps: 1e-5,
      weightDecay: 1e-3,
      lookahead: { every: 6, rate: 0.5 },
      threshold: 5,
      centralize: true,
    },
    schedule: { method: 'cosine', min: 1e-6, warmup: 0 },
    clip: {},
    evaluate: ['accuracy', 'reconstruction-error'],
    attack: { epsilon: 1, steps: 10 },
    compression: { pruned: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6], bits: [32, 8, 6, 4] },
    ood: {},
    evaluateEvery: 7000,
  });
  expect(sweepOf(`${small}optimizer: { method: adam }`).cells[0]?.configuration.optimizer).toEqual({
    method: 'adam',
    lr: 1e-3,
    betas: [0.9, 0.999],
    eps: 1e-8,
    weightDecay: 0,
  });
  expect(sweepOf(`${small}iterations: 3`).cells[0]?.configuration.evaluateEvery).toBe(1);
});

test('name, description and place of the spec are kept', () => {
  const sweep = sweepOf(`${small}description: some words`);
  expect(sweep).toMatchObject({ name: 'x', description: 'some words', file: 'folder/x.yaml' });
  expect(sweep.folder).toBe(`${process.cwd()}/folder`);
  expect(sweep.report).toBeUndefined();
});

test('a setting is located where its value in that cell comes from', () => {
  const sweep = sweepOf(
    `${small}batch: 3\nmatrix:\n  target.weights: [a.th, b.th]\n  sampler: [{ method: all }]\n`,
    ['warmup=1'],
  );
  const [, second] = sweep.cells;
  const start = (path: string, cell = second) => {
    const { file, range } = sweep.locate(path, cell);
    return `${file}:${range.line}:${range.column}`;
  };
  expect(start('target.weights')).toBe('folder/x.yaml:5:26');
  expect(start('target.weights', undefined)).toBe('folder/x.yaml:5:26');
  expect(start('target.weights', sweep.cells[0])).toBe('folder/x.yaml:5:20');
  expect(start('sampler.method')).toBe('folder/x.yaml:6:23');
  expect(start('batch')).toBe('folder/x.yaml:3:8');
  expect(start('warmup')).toBe('--set warmup=1:1:8');
  expect(start('target.shortcut')).toBe('folder/x.yaml:2:1');
  expect(start('predictor.embedding.base')).toBe('folder/x.yaml:1:1');
  expect(sweep.sources.get('--set warmup=1')).toBe('warmup=1');
});

test('anchors serve within a spec', () => {
  const sweep = sweepOf(
    `${small}alpha: &weight 1.0e-5\nbeta: *weight\nmatrix: { batch: &sizes [1, 2] }\nzip: { warmup: *sizes }`,
  );
  expect(sweep.cells.map(({ configuration: c }) => [c.alpha, c.beta, c.batch, c.warmup])).toEqual([
    [1e-5, 1e-5, 1, 1],
    [1e-5, 1e-5, 1, 2],
    [1e-5, 1e-5, 2, 1],
    [1e-5, 1e-5, 2, 2],
  ]);
});

test('a missing file is no exception', () => {
  expect(loadSpec('no/such/folder/x.yaml')).toMatchObject({
    ok: false,
    diagnostics: [{ code: 'file-unreadable' }],
  });
});

test('paths reach own keys only', () => {
  expect(valueAt({ a: { b: 1 } }, 'a.b')).toBe(1);
  expect(valueAt({}, 'constructor.name')).toBeUndefined();
  const changed = withValue({}, ['__proto__', 'polluted'], 1) as object;
  expect(Object.keys(changed)).toEqual(['__proto__']);
  expect(Object.getPrototypeOf(changed)).toBe(Object.prototype);
  expect('polluted' in {}).toBe(false);
});

test('canonical JSON does not depend on the order of keys', () => {
  expect(canonicalJson({ b: [1, { d: null, c: 'x' }], a: -0 })).toBe('{"a":0,"b":[1,{"c":"x","d":null}]}');
});

test('the nearest key, or none', () => {
  expect(nearest('hiden', ['hidden', 'embedding'])).toBe('hidden');
  expect(nearest('hidden', ['alpha', 'predictor.hidden'])).toBe('predictor.hidden');
  expect(nearest('infilter', ['none', 'in-filter', 'cross-filter'])).toBe('in-filter');
  expect(nearest('banana', ['hidden', 'embedding'])).toBeUndefined();
  expect(nearest('x', [])).toBeUndefined();
});
