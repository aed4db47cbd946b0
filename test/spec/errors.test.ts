import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadSpec } from '../../src/spec/load.ts';
import type { Overrides } from '../../src/spec/overrides.ts';
import { renderDiagnostics } from '../../src/spec/render.ts';
import { parseSpec } from '../../src/spec/sweep.ts';
import { MAX_SPEC_BYTES } from '../../src/spec/yaml.ts';
import { newFolder } from '../support/files.ts';

const target = 'target: { network: resnet8, dataset: procedural }';

/** What a terminal shows for a spec of these lines; nothing when the spec is right. */
function shown(lines: string | string[], overrides?: Overrides): string {
  const result = parseSpec(typeof lines === 'string' ? lines : lines.join('\n'), 'bad.yaml', overrides);
  return result.ok ? '' : `\n${renderDiagnostics(result.diagnostics, result.sources, false)}\n`;
}

test('a right spec has no errors', () => {
  expect(shown(['name: x', target])).toBe('');
});

describe('keys', () => {
  test('unknown', () => {
    expect(shown(['name: x', target, 'predictor: { hiden: 160 }', 'lr: 1'])).toMatchInlineSnapshot(`
      "
      bad.yaml:3:14 error Unknown key \`hiden\` in \`predictor\`
       3 | predictor: { hiden: 160 }
         |              ^^^^^
         = expected \`hidden\`, \`layers\`, \`architecture\`, \`activation\`, \`resample\`, \`init\` or \`embedding\`
         = did you mean \`hidden\`?

      bad.yaml:4:1 error Unknown key \`lr\`
       4 | lr: 1
         | ^^
         = expected \`name\`, \`description\`, \`target\`, \`teacher\`, \`baseline\`, \`data\`, \`predictor\`, \`permutation\`, \`sampler\`, \`alpha\`, \`beta\`, \`losses\`, \`iterations\`, \`batch\`, \`warmup\`, \`optimizer\`, \`schedule\`, \`clip\`, \`phases\`, \`progressive\`, \`select\`, \`evaluate\`, \`attack\`, \`compression\`, \`ood\`, \`evaluateEvery\`, \`evaluateLowest\`, \`repeats\`, \`seeds\`, \`device\`, \`matrix\`, \`zip\`, \`include\`, \`exclude\` or \`report\`
         = did you mean \`optimizer.lr\`?
      "
    `);
  });
  test('duplicate', () => {
    expect(
      shown(['name: x', target, 'alpha: 1', 'predictor:', '  hidden: 1', '  hidden: 2', 'alpha: 2']),
    ).toMatchInlineSnapshot(`
      "
      bad.yaml:6:3 error Duplicate key \`hidden\`
       6 |   hidden: 2
         |   ^^^^^^
         = it is already on line 5

      bad.yaml:7:1 error Duplicate key \`alpha\`
       7 | alpha: 2
         | ^^^^^
         = it is already on line 3
      "
    `);
  });
  test('missing', () => {
    expect(shown(['description: nothing else', 'target: { network: resnet20 }'])).toMatchInlineSnapshot(`
      "
      bad.yaml:1:1 error Missing key \`name\`
       1 | description: nothing else
         | ^
         = expected text such as \`cifar10\`

      bad.yaml:2:1 error Missing key \`dataset\` in \`target\`
       2 | target: { network: resnet20 }
         | ^^^^^^
         = expected \`procedural\`, \`cifar10\`, \`cifar100\`, \`stl10\`, \`imagenet\`, \`folder\` or \`arrays\`
      "
    `);
  });
  test('of another method', () => {
    expect(
      shown(['name: x', target, 'optimizer: { method: adam, lookahead: { every: 0 } }']),
    ).toMatchInlineSnapshot(`
      "
      bad.yaml:3:28 error \`lookahead\` is not a setting of \`optimizer.method: adam\`
       3 | optimizer: { method: adam, lookahead: { every: 0 } }
         |                            ^^^^^^^^^
         = expected \`method\`, \`lr\`, \`betas\`, \`eps\` or \`weightDecay\`
      "
    `);
  });
  test('not text', () => {
    expect(shown(['name: x', target, '? [a, b]', ': 3'])).toMatchInlineSnapshot(`
      "
      bad.yaml:3:3 error Expected a key to be text
       3 | ? [a, b]
         |   ^^^^^^
      "
    `);
  });
  test('that reach for a prototype', () => {
    const lines = [
      'name: x',
      target,
      '__proto__: { polluted: 1 }',
      'matrix: { constructor.prototype.polluted: [1] }',
    ];
    expect(shown(lines)).toMatchInlineSnapshot(`
      "
      bad.yaml:3:1 error Unknown key \`__proto__\`
       3 | __proto__: { polluted: 1 }
         | ^^^^^^^^^
         = expected \`name\`, \`description\`, \`target\`, \`teacher\`, \`baseline\`, \`data\`, \`predictor\`, \`permutation\`, \`sampler\`, \`alpha\`, \`beta\`, \`losses\`, \`iterations\`, \`batch\`, \`warmup\`, \`optimizer\`, \`schedule\`, \`clip\`, \`phases\`, \`progressive\`, \`select\`, \`evaluate\`, \`attack\`, \`compression\`, \`ood\`, \`evaluateEvery\`, \`evaluateLowest\`, \`repeats\`, \`seeds\`, \`device\`, \`matrix\`, \`zip\`, \`include\`, \`exclude\` or \`report\`

      bad.yaml:4:11 error Unknown path \`constructor.prototype.polluted\` in \`matrix\`
       4 | matrix: { constructor.prototype.polluted: [1] }
         |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
         = expected a setting of the spec, with dots between its keys
      "
    `);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
  test('merged in', () => {
    expect(
      shown(['name: x', target, 'predictor: &p { hidden: 3 }', 'schedule:', '  <<: *p']),
    ).toMatchInlineSnapshot(`
      "
      bad.yaml:5:3 error Unknown key \`<<\` in \`schedule\`
       5 |   <<: *p
         |   ^^
         = expected \`method\`, \`min\` or \`warmup\`
         = write the keys out, or use an alias for a whole value
      "
    `);
  });
});

describe('values', () => {
  test('of a wrong type', () => {
    expect(
      shown([
        'name: x',
        target,
        'iterations: 70_000',
        'data: { augment: yes, normalize: 5 }',
        'predictor: 160',
        'alpha:',
      ]),
    ).toMatchInlineSnapshot(`
      "
      bad.yaml:3:13 error Expected \`iterations\` to be an integer from 1 to 100000000, got \`70_000\`
       3 | iterations: 70_000
         |             ^^^^^^
         = write 70000, without quotes or separators

      bad.yaml:4:18 error Expected \`data.augment\` to be \`true\` or \`false\` or a mapping, got \`yes\`
       4 | data: { augment: yes, normalize: 5 }
         |                  ^^^
         = write true

      bad.yaml:4:34 error Expected \`data.normalize\` to be \`auto\`, \`imagenet\`, \`cifar10\` or \`cifar100\` or a mapping with \`mean\` and \`std\`, got \`5\`
       4 | data: { augment: yes, normalize: 5 }
         |                                  ^

      bad.yaml:5:12 error Expected \`predictor\` to be a mapping, got \`160\`
       5 | predictor: 160
         |            ^^^

      bad.yaml:6:7 error Expected \`alpha\` to be a number from 0 to 1000000, got nothing
       6 | alpha:
         |       ^
      "
    `);
  });
  test('of a wrong type where text is expected', () => {
    expect(shown(['name: 10', target, 'matrix: {}', 'zip:', 'description: [a]'])).toMatchInlineSnapshot(`
      "
      bad.yaml:1:7 error Expected \`name\` to be text such as \`cifar10\`, got \`10\`
       1 | name: 10
         |       ^^
         = put it in quotes

      bad.yaml:3:9 error Expected \`matrix\` to be a mapping with one or more keys, got an empty mapping
       3 | matrix: {}
         |         ^^

      bad.yaml:4:5 error Expected \`zip\` to be a mapping with one or more keys, got nothing
       4 | zip:
         |     ^

      bad.yaml:5:14 error Expected \`description\` to be text such as \`Hidden size against permutation, ResNet20 on CIFAR-10\`, got \`["a"]\`
       5 | description: [a]
         |              ^^^
      "
    `);
  });
  test('out of range', () => {
    expect(
      shown([
        'name: x',
        target,
        'predictor: { hidden: 0 }',
        'optimizer: { betas: [0.5, 1] }',
        'sampler: { uniform: .inf }',
      ]),
    ).toMatchInlineSnapshot(`
      "
      bad.yaml:3:22 error Expected \`predictor.hidden\` to be an integer from 1 to 65536, got \`0\`
       3 | predictor: { hidden: 0 }
         |                      ^

      bad.yaml:4:27 error Expected \`optimizer.betas[1]\` to be a number at least 0 and below 1, got \`1\`
       4 | optimizer: { betas: [0.5, 1] }
         |                           ^

      bad.yaml:5:21 error Expected \`sampler.uniform\` to be a number from 0 to 1, got \`Infinity\`
       5 | sampler: { uniform: .inf }
         |                     ^^^^
      "
    `);
  });
  test('that are none of the choices', () => {
    expect(
      shown(['name: my sweep', target, 'permutation: infilter', 'sampler: { method: magnitud, batch: 1 }']),
    ).toMatchInlineSnapshot(`
      "
      bad.yaml:1:7 error Expected \`name\` to be text such as \`cifar10\`, got \`my sweep\`
       1 | name: my sweep
         |       ^^^^^^^^
         = write my-sweep

      bad.yaml:3:14 error Expected \`permutation\` to be \`none\`, \`in-filter\` or \`cross-filter\` or a mapping with \`method\`, got \`infilter\`
       3 | permutation: infilter
         |              ^^^^^^^^
         = did you mean \`in-filter\`?

      bad.yaml:4:20 error Expected \`sampler.method\` to be \`magnitude\`, \`uniform\`, \`uniform-without-replacement\`, \`sequential-layer\`, \`random-layer\` or \`all\`, got \`magnitud\`
       4 | sampler: { method: magnitud, batch: 1 }
         |                    ^^^^^^^^
         = did you mean \`magnitude\`?
      "
    `);
  });
  test('that ask more of a teacher than it has', () => {
    expect(
      shown([
        'name: x',
        target,
        'teacher: { network: resnet56, weights: embedded }',
        'matrix: { beta: [0, 1.0e-4], alpha: [1, 0] }',
      ]),
    ).toMatchInlineSnapshot(`
      "
      bad.yaml:3:10 error Expected a knowledge distillation loss that learns from \`teacher\`, found none
       3 | teacher: { network: resnet56, weights: embedded }
         |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
         = give \`alpha\` a value above 0 and \`warmup\` one below \`iterations\`, or leave \`teacher\` out

      bad.yaml:3:40 error Expected \`teacher.weights\` to be a checkpoint file for resnet56 on procedural, got \`embedded\`
       3 | teacher: { network: resnet56, weights: embedded }
         |                                        ^^^^^^^^
         = only \`resnet8\` on \`procedural\` and ONNX files have embedded weights

      bad.yaml:4:21 error Expected \`beta\` to be 0 with a teacher whose feature maps are not the target's, resnet56's and resnet8's, got \`0.0001\`
       4 | matrix: { beta: [0, 1.0e-4], alpha: [1, 0] }
         |                     ^^^^^^
         = feature maps can be compared only between networks of one architecture; \`beta: 0\` learns from the outputs alone
      "
    `);
  });
  test('that cannot work together', () => {
    expect(
      shown([
        'name: x',
        'target: { network: resnet20, dataset: cifar10 }',
        'warmup: 20',
        'iterations: 10',
        'schedule: { min: 1 }',
        'predictor: { embedding: { base: 1.25, levels: 1000 } }',
      ]),
    ).toMatchInlineSnapshot(`
      "
      bad.yaml:2:1 error Expected \`target.weights\` to be a checkpoint file for resnet20 on cifar10, got \`embedded\`
       2 | target: { network: resnet20, dataset: cifar10 }
         | ^^^^^^
         = only \`resnet8\` on \`procedural\` and ONNX files have embedded weights

      bad.yaml:3:9 error Expected \`warmup\` to be at most \`iterations\`, \`10\`, got \`20\`
       3 | warmup: 20
         |         ^^
         = the warm-up is part of the iterations

      bad.yaml:5:18 error Expected \`schedule.min\` to be at most \`optimizer.lr\`, \`0.005\`, got \`1\`
       5 | schedule: { min: 1 }
         |                  ^
         = the schedule lowers the learning rate; \`schedule: { method: constant }\` keeps it

      bad.yaml:6:47 error Expected the highest frequency of \`predictor.embedding\`, base^(levels - 1), to be at most 1e+30, got \`1.25\`^\`999\`
       6 | predictor: { embedding: { base: 1.25, levels: 1000 } }
         |                                               ^^^^
         = use fewer levels or a base nearer to 1
      "
    `);
  });
  test('repeats beside seeds', () => {
    expect(shown(['name: x', target, 'repeats: 2', 'seeds: [1, 1]'])).toMatchInlineSnapshot(`
      "
      bad.yaml:4:1 error Expected either \`repeats\` or \`seeds\`, got both
       4 | seeds: [1, 1]
         | ^^^^^
         = \`repeats: N\` means the seeds 0 to N-1

      bad.yaml:4:12 error Expected \`seeds\` to hold different values, got \`1\` twice
       4 | seeds: [1, 1]
         |            ^
      "
    `);
  });
});

describe('grid', () => {
  const grid = [
    'name: x',
    target,
    'matrix:',
    '  predictor.hidden: [140, 160]',
    '  permutation: [none, in-filter]',
  ];

  test('empty list', () => {
    expect(
      shown(['name: x', target, 'matrix:', '  predictor.hidden: []', '  alpha: 3']),
    ).toMatchInlineSnapshot(`
      "
      bad.yaml:4:21 error Expected \`matrix.predictor.hidden\` to be a list of one or more values, got an empty list
       4 |   predictor.hidden: []
         |                     ^^

      bad.yaml:5:10 error Expected \`matrix.alpha\` to be a list of one or more values, got \`3\`
       5 |   alpha: 3
         |          ^
         = write \`[3]\`
      "
    `);
  });
  test('unknown paths, with every other mistake', () => {
    expect(
      shown([
        'name: x',
        target,
        'matrix:',
        '  predictor.hiden: [1]',
        '  hidden: [2]',
        '  permutation: [non]',
        'batch: 0',
      ]),
    ).toMatchInlineSnapshot(`
      "
      bad.yaml:4:3 error Unknown path \`predictor.hiden\` in \`matrix\`
       4 |   predictor.hiden: [1]
         |   ^^^^^^^^^^^^^^^
         = expected a setting of the spec, with dots between its keys
         = did you mean \`predictor.hidden\`?

      bad.yaml:5:3 error Unknown path \`hidden\` in \`matrix\`
       5 |   hidden: [2]
         |   ^^^^^^
         = expected a setting of the spec, with dots between its keys
         = did you mean \`predictor.hidden\`?

      bad.yaml:6:17 error Expected \`permutation\` to be \`none\`, \`in-filter\` or \`cross-filter\` or a mapping with \`method\`, got \`non\`
       6 |   permutation: [non]
         |                 ^^^
         = did you mean \`none\`?

      bad.yaml:7:8 error Expected \`batch\` to be an integer from 1 to 65536, got \`0\`
       7 | batch: 0
         |        ^
      "
    `);
  });
  test('a wrong value is shown where it stands in the list', () => {
    expect(
      shown([
        'name: x',
        target,
        'matrix:',
        '  predictor.hidden: [140, 0]',
        '  sampler: [{ method: all, batch: 3 }]',
      ]),
    ).toMatchInlineSnapshot(`
      "
      bad.yaml:4:27 error Expected \`predictor.hidden\` to be an integer from 1 to 65536, got \`0\`
       4 |   predictor.hidden: [140, 0]
         |                           ^

      bad.yaml:5:28 error \`batch\` is not a setting of \`sampler.method: all\`
       5 |   sampler: [{ method: all, batch: 3 }]
         |                            ^^^^^
         = expected \`method\`
      "
    `);
  });
  test('exclude that matches nothing', () => {
    expect(
      shown([...grid, 'exclude:', '  - { predictor.hidden: 150 }', '  - { batch: 3 }']),
    ).toMatchInlineSnapshot(`
      "
      bad.yaml:8:7 error Expected \`batch\` to be a key of \`matrix\` or \`zip\`
       8 |   - { batch: 3 }
         |       ^^^^^
         = expected \`predictor.hidden\` or \`permutation\`
      "
    `);
    expect(
      shown([...grid, 'exclude:', '  - { predictor.hidden: 150, permutation: none }']),
    ).toMatchInlineSnapshot(`
      "
      bad.yaml:7:25 error Expected \`exclude\` to match a combination of the grid, but none has \`predictor.hidden\` \`150\`
       7 |   - { predictor.hidden: 150, permutation: none }
         |                         ^^^
         = expected \`140\` or \`160\`
         = did you mean \`140\`?
      "
    `);
  });
  test('include that matches nothing or adds nothing', () => {
    expect(
      shown([...grid, 'include:', '  - { predictor.hidden: 180, alpha: 1 }', '  - { permutation: none }']),
    ).toMatchInlineSnapshot(`
      "
      bad.yaml:7:25 error Expected \`include\` to match a combination of the grid, but none has \`predictor.hidden\` \`180\`
       7 |   - { predictor.hidden: 180, alpha: 1 }
         |                         ^^^
         = expected \`140\` or \`160\`
         = did you mean \`160\`? To add a cell of its own, give \`permutation\` too.

      bad.yaml:8:5 error Expected \`include\` to add a cell or a setting, got a combination that the grid already has
       8 |   - { permutation: none }
         |     ^^^^^^^^^^^^^^^^^^^^^
         = give the setting that is to differ, or remove the entry
      "
    `);
  });
  test('exclude that leaves nothing', () => {
    expect(
      shown([...grid, 'exclude: [{ permutation: none }, { permutation: in-filter }]']),
    ).toMatchInlineSnapshot(`
      "
      bad.yaml:6:1 error Expected \`exclude\` to leave a combination of the grid, got none left
       6 | exclude: [{ permutation: none }, { permutation: in-filter }]
         | ^^^^^^^
      "
    `);
  });
  test('zip of unequal lists, paths inside each other', () => {
    expect(
      shown([
        'name: x',
        target,
        'matrix: { sampler: [{ method: all }] }',
        'zip: { sampler.batch: [1], alpha: [0, 1] }',
      ]),
    ).toMatchInlineSnapshot(`
      "
      bad.yaml:4:8 error Expected paths of the grid that do not overlap, got \`sampler.batch\` and \`sampler\`
       4 | zip: { sampler.batch: [1], alpha: [0, 1] }
         |        ^^^^^^^^^^^^^

      bad.yaml:4:28 error Expected the lists of \`zip\` to be of equal length, got 2 of \`alpha\` and 1 of \`sampler.batch\`
       4 | zip: { sampler.batch: [1], alpha: [0, 1] }
         |                            ^^^^^
         = lists that are to be combined each with each belong in \`matrix\`
      "
    `);
  });
  test('duplicate cells', () => {
    expect(
      shown(['name: x', target, 'matrix: { sampler.method: [magnitude, all], sampler.batch: [1, 2] }']),
    ).toMatchInlineSnapshot(`
      "
      bad.yaml:3:64 error Expected every cell to differ from the others, got the configuration of an earlier one again for \`sampler.method=all sampler.batch=2\`
       3 | matrix: { sampler.method: [magnitude, all], sampler.batch: [1, 2] }
         |                                                                ^
         = remove the repeated value, or leave the combination out with \`exclude\`
      "
    `);
  });
  test('of 10^9 cells', () => {
    const list = JSON.stringify(Array.from({ length: 1000 }, (_, i) => i + 1));
    const lines = [
      'name: x',
      target,
      'matrix:',
      ...['batch', 'iterations', 'predictor.hidden'].map(path => `  ${path}: ${list}`),
    ];
    expect(shown(lines)).toMatchInlineSnapshot(`
      "
      bad.yaml:3:1 error Expected at most 10,000 cells, got 1,000,000,000
       3 | matrix:
         | ^^^^^^
         = split the spec, or advance lists together with \`zip\`
      "
    `);
  });
  test('of too many runs', () => {
    const list = JSON.stringify(Array.from({ length: 1000 }, (_, i) => i + 1));
    expect(shown(['name: x', target, `matrix: { batch: ${list} }`, 'repeats: 101'])).toMatchInlineSnapshot(`
      "
      bad.yaml:4:1 error Expected at most 100,000 runs, got 1000 cells with 101 seeds each
       4 | repeats: 101
         | ^^^^^^^
      "
    `);
  });
  test('report of a path that is not in it', () => {
    expect(shown([...grid, 'report: { rows: predictor.hiden, columns: alpha }'])).toMatchInlineSnapshot(`
      "
      bad.yaml:6:17 error Expected \`report.rows\` to be a setting of the spec, got \`predictor.hiden\`
       6 | report: { rows: predictor.hiden, columns: alpha }
         |                 ^^^^^^^^^^^^^^^
         = did you mean \`predictor.hidden\`?
      "
    `);
  });
  test('report of a setting that it does not vary', () => {
    expect(shown([...grid, 'report: { rows: predictor.layers }'])).toMatchInlineSnapshot(`
      "
      bad.yaml:6:17 error Expected \`report.rows\` to be a path of the grid, got \`predictor.layers\`
       6 | report: { rows: predictor.layers }
         |                 ^^^^^^^^^^^^^^^^
         = expected \`predictor.hidden\` or \`permutation\`
      "
    `);
    expect(shown(['name: x', target, 'report: { columns: predictor.hidden }'])).toMatchInlineSnapshot(`
      "
      bad.yaml:3:20 error Expected \`report.columns\` to be a path of the grid, got \`predictor.hidden\`
       3 | report: { columns: predictor.hidden }
         |                    ^^^^^^^^^^^^^^^^
         = expected a spec with \`matrix\` or \`zip\`
      "
    `);
  });
  test('report of a measure that no cell has', () => {
    expect(shown([...grid, 'report: { metric: loss }'])).toMatchInlineSnapshot(`
      "
      bad.yaml:6:19 error Expected \`report.metric\` to be a number that is measured, got \`loss\`
       6 | report: { metric: loss }
         |                   ^^^^
         = expected \`accuracy\`, \`best-accuracy\` or \`reconstruction-error\`
         = add \`loss\` to \`evaluate\`
      "
    `);
    expect(shown([...grid, 'evaluate: [loss]', 'report: { metric: best-accuracy }'])).toMatchInlineSnapshot(`
      "
      bad.yaml:7:19 error Expected \`report.metric\` to be a number that is measured, got \`best-accuracy\`
       7 | report: { metric: best-accuracy }
         |                   ^^^^^^^^^^^^^
         = expected \`loss\`
         = add \`accuracy\` to \`evaluate\`
      "
    `);
    expect(shown([...grid, 'evaluate: [fgsm, loss]', 'report: { metric: i-fgsm }'])).toMatchInlineSnapshot(`
      "
      bad.yaml:7:19 error Expected \`report.metric\` to be a number that is measured, got \`i-fgsm\`
       7 | report: { metric: i-fgsm }
         |                   ^^^^^^
         = expected \`fgsm\` or \`loss\`
         = add \`i-fgsm\` to \`evaluate\`; or did you mean \`fgsm\`?
      "
    `);
    expect(
      shown([...grid, 'evaluate: [layer-errors]', 'report: { metric: accuracy }']),
    ).toMatchInlineSnapshot(`
      "
      bad.yaml:7:19 error Expected \`report.metric\` to be a number that is measured, got \`accuracy\`
       7 | report: { metric: accuracy }
         |                   ^^^^^^^^
         = expected a measure that is a number in \`evaluate\`
         = add \`accuracy\` to \`evaluate\`
      "
    `);
    const baseline = ['baseline: true', 'evaluate: [accuracy, agreement]', 'report: { metric: agreement }'];
    expect(shown(['name: x', target, ...baseline])).toMatchInlineSnapshot(`
      "
      bad.yaml:5:19 error Expected \`report.metric\` to be a number that is measured, got \`agreement\`
       5 | report: { metric: agreement }
         |                   ^^^^^^^^^
         = expected \`accuracy\`
         = a baseline is the target itself, of which that says nothing
      "
    `);
  });
  test('report of a measure that an option leaves out, or asks for', () => {
    const spec = [...grid, 'report: { metric: reconstruction-error }'];
    expect(shown(spec, { set: ['evaluate=[accuracy]'] })).toMatchInlineSnapshot(`
      "
      bad.yaml:6:19 error Expected \`report.metric\` to be a number that is measured, got \`reconstruction-error\`
       6 | report: { metric: reconstruction-error }
         |                   ^^^^^^^^^^^^^^^^^^^^
         = expected \`accuracy\` or \`best-accuracy\`
         = add \`reconstruction-error\` to \`evaluate\`
      "
    `);
    expect(shown(spec, { set: ['report.metric=ood'] })).toMatchInlineSnapshot(`
      "
      --set report.metric=ood:1:15 error Expected \`report.metric\` to be a number that is measured, got \`ood\`
       1 | report.metric=ood
         |               ^^^
         = expected \`accuracy\`, \`best-accuracy\` or \`reconstruction-error\`
         = add \`ood\` to \`evaluate\`
      "
    `);
  });
  test('report of a measure that some cells have', () => {
    const spec = ['name: x', target, 'matrix: { evaluate: [[loss], [accuracy]] }'];
    for (const metric of ['loss', 'accuracy', 'best-accuracy'])
      expect(shown([...spec, `report: { metric: ${metric} }`])).toBe('');
  });
  test('values that only a measure depends on which no cell has', () => {
    expect(shown(['name: x', target, 'matrix: { attack.epsilon: [1, 2] }'])).toMatchInlineSnapshot(`
      "
      bad.yaml:3:11 error Expected \`fgsm\` or \`i-fgsm\` in \`evaluate\` where the grid varies \`attack.epsilon\`, got \`accuracy, reconstruction-error\`
       3 | matrix: { attack.epsilon: [1, 2] }
         |           ^^^^^^^^^^^^^^
         = no other measure depends on \`attack.epsilon\`
      "
    `);
    const zip = 'zip: { attack: [{ steps: 2 }, { steps: 3 }], predictor.hidden: [8, 9] }';
    expect(shown(['name: x', target, 'evaluate: [accuracy, loss]', zip])).toMatchInlineSnapshot(`
      "
      bad.yaml:4:8 error Expected \`fgsm\` or \`i-fgsm\` in \`evaluate\` where the grid varies \`attack\`, got \`accuracy, loss\`
       4 | zip: { attack: [{ steps: 2 }, { steps: 3 }], predictor.hidden: [8, 9] }
         |        ^^^^^^
         = no other measure depends on \`attack\`
      "
    `);
    const steps = [
      'name: x',
      target,
      'evaluate: [fgsm]',
      'include: [{ attack.steps: 2 }, { attack.steps: 3 }]',
    ];
    expect(shown(steps)).toMatchInlineSnapshot(`
      "
      bad.yaml:4:13 error Expected \`i-fgsm\` in \`evaluate\` where the grid varies \`attack.steps\`, got \`fgsm\`
       4 | include: [{ attack.steps: 2 }, { attack.steps: 3 }]
         |             ^^^^^^^^^^^^
         = no other measure depends on \`attack.steps\`
      "
    `);
    expect(shown(['name: x', target, 'evaluate: [i-fgsm]', 'matrix: { attack.steps: [1, 2] }'])).toBe('');
  });
});

describe('text', () => {
  test('empty', () => {
    expect(shown('')).toMatchInlineSnapshot(`
      "
      bad.yaml:1:1 error Expected the spec to be a mapping with \`name\` and \`target\`, got nothing
      "
    `);
    expect(shown('# only a comment\n')).toContain('got nothing');
  });
  test('no mapping', () => {
    expect(shown('- name: x')).toMatchInlineSnapshot(`
      "
      bad.yaml:1:1 error Expected the spec to be a mapping with \`name\` and \`target\`, got \`[{"name":"x"}]\`
       1 | - name: x
         | ^^^^^^^^^
         = write \`name: x\`, without a dash before it
      "
    `);
  });
  test('tabs', () => {
    expect(shown('name: x\ntarget:\n\tnetwork: resnet8\n')).toMatchInlineSnapshot(`
      "
      bad.yaml:3:1 error Expected spaces before a key, got a tab
       3 | \\tnetwork: resnet8
         | ^^
         = indent with spaces
      "
    `);
  });
  test('invalid YAML', () => {
    expect(shown('name: x\nmatrix: { alpha: [1, 2\n')).toMatchInlineSnapshot(`
      "
      bad.yaml:2:18 error Expected \`[\` to be closed by \`]\`, found none
       2 | matrix: { alpha: [1, 2
         |                  ^
         = write \`]\` where it ends
      "
    `);
    expect(shown('name: x\n---\nname: y\n')).toMatchInlineSnapshot(`
      "
      bad.yaml:2:1 error Expected one document, got several
       2 | ---
         | ^^^
         = put each spec into a file of its own
      "
    `);
    expect(shown('name: !!python/object/apply:os.system [ls]\n')).toMatchInlineSnapshot(`
      "
      bad.yaml:1:7 error Expected a plain value, got a tag
       1 | name: !!python/object/apply:os.system [ls]
         |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
         = write the value without \`!\`; a text that starts with it goes in quotes
      "
    `);
    expect(shown('name: *nowhere\n')).toMatchInlineSnapshot(`
      "
      bad.yaml:1:1 error Missing key \`target\`
       1 | name: *nowhere
         | ^
         = expected a mapping with \`network\` and \`dataset\`

      bad.yaml:1:7 error Expected an anchor before its alias, got \`*nowhere\`
       1 | name: *nowhere
         |       ^^^^^^^^
      "
    `);
  });
  test('alias bomb', () => {
    const levels = [...'abcdefgh'].map((name, i, names) => {
      const inner = i === 0 ? 'x' : `*${names[i - 1]}`;
      return `${name}: &${name} [${Array(10).fill(inner).join(', ')}]`;
    });
    expect(shown(['name: x', ...levels])).toMatchInlineSnapshot(`
      "
      bad.yaml:6:16 error Expected at most 50,000 values once aliases are expanded, got more
       6 | e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]
         |                ^^
      "
    `);
    expect(shown('name: &name [*name]')).toMatchInlineSnapshot(`
      "
      bad.yaml:1:14 error Expected values nested at most 32 deep, got more
       1 | name: &name [*name]
         |              ^^^^^
      "
    `);
  });
  test('nested far too deep', () => {
    expect(shown(`name: ${'['.repeat(50)}${']'.repeat(50)}`)).toMatchInlineSnapshot(`
      "
      bad.yaml:1:39 error Expected values nested at most 32 deep, got more
       1 | name: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]
         |                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      "
    `);
    expect(shown(`name: ${'['.repeat(100_000)}`)).toContain('nested at most 32 deep');
  });
  test('that would drive the terminal', () => {
    const message = shown(['name: "\\e[31m\u202e"', target, 'descr\u001biption: x', '"\u009b2J": 日本']);
    expect(message).toMatchInlineSnapshot(`
      "
      bad.yaml:1:7 error Expected \`name\` to be text such as \`cifar10\`, got \`\\x1b[31m\\u{202e}\`
       1 | name: "\\e[31m\\u{202e}"
         |       ^^^^^^^^^^^^^^^^
         = write 31m

      bad.yaml:3:1 error Unknown key \`descr\\x1biption\`
       3 | descr\\x1biption: x
         | ^^^^^^^^^^^^^^^
         = expected \`name\`, \`description\`, \`target\`, \`teacher\`, \`baseline\`, \`data\`, \`predictor\`, \`permutation\`, \`sampler\`, \`alpha\`, \`beta\`, \`losses\`, \`iterations\`, \`batch\`, \`warmup\`, \`optimizer\`, \`schedule\`, \`clip\`, \`phases\`, \`progressive\`, \`select\`, \`evaluate\`, \`attack\`, \`compression\`, \`ood\`, \`evaluateEvery\`, \`evaluateLowest\`, \`repeats\`, \`seeds\`, \`device\`, \`matrix\`, \`zip\`, \`include\`, \`exclude\` or \`report\`
         = did you mean \`description\`?

      bad.yaml:4:1 error Unknown key \`\\x9b2J\`
       4 | "\\x9b2J": 日本
         | ^^^^^^^^
         = expected \`name\`, \`description\`, \`target\`, \`teacher\`, \`baseline\`, \`data\`, \`predictor\`, \`permutation\`, \`sampler\`, \`alpha\`, \`beta\`, \`losses\`, \`iterations\`, \`batch\`, \`warmup\`, \`optimizer\`, \`schedule\`, \`clip\`, \`phases\`, \`progressive\`, \`select\`, \`evaluate\`, \`attack\`, \`compression\`, \`ood\`, \`evaluateEvery\`, \`evaluateLowest\`, \`repeats\`, \`seeds\`, \`device\`, \`matrix\`, \`zip\`, \`include\`, \`exclude\` or \`report\`
      "
    `);
  });
  test('with line ends of every kind', () => {
    expect(shown('name: x # a\rb\r\nalpha: -1\r\n')).toContain(' 2 | alpha: -1\n   |        ^^\n');
  });
  test('in a very long line', () => {
    expect(
      shown(['name: x', target, `seeds: [${Array.from({ length: 200 }, (_, i) => i).join(', ')}, -1]`]),
    ).toMatchInlineSnapshot(`
      "
      bad.yaml:3:899 error Expected \`seeds[200]\` to be an integer from 0 to 4294967295, got \`-1\`
       3 | …88, 189, 190, 191, 192, 193, 194, 195, 196, 197, 198, 199, -1]
         |                                                             ^^
      "
    `);
  });
  test('with more mistakes than anyone reads', () => {
    const message = shown(['name: x', target, ...Array.from({ length: 300 }, (_, i) => `zzzzzz${i}: 1`)]);
    expect(message.match(/ error /g)).toHaveLength(50);
    expect(message).toMatch(/\.\.\. and 250 more\n$/);
  });
});

describe('options', () => {
  test('that are wrong', () => {
    const set = [
      'predictor.hiden=3',
      'alpha=x',
      'no assignment',
      'matrix.beta=[0, -1]',
      'description={',
      'batch=[1, 1',
    ];
    expect(shown(['name: x', target], { set, repeats: 0 })).toMatchInlineSnapshot(`
      "
      --repeats 0:1:1 error Expected \`repeats\` to be an integer from 1 to 10000, got \`0\`
       1 | 0
         | ^

      --set no assignment:1:1 error Expected path=value, got \`no assignment\`
       1 | no assignment
         | ^^^^^^^^^^^^^
         = such as \`--set predictor.hidden=160\`

      --set predictor.hiden=3:1:1 error Unknown path \`predictor.hiden\`
       1 | predictor.hiden=3
         | ^^^^^^^^^^^^^^^
         = expected a setting of the spec, with dots between its keys
         = did you mean \`predictor.hidden\`?

      --set batch=[1, 1:1:7 error Expected \`[\` to be closed by \`]\`, found none
       1 | batch=[1, 1
         |       ^
         = write \`]\` where it ends

      --set alpha=x:1:7 error Expected \`alpha\` to be a number from 0 to 1000000, got \`x\`
       1 | alpha=x
         |       ^

      --set description={:1:13 error Expected \`{\` to be closed by \`}\`, found none
       1 | description={
         |             ^
         = write \`}\` where it ends

      --set matrix.beta=[0, -1]:1:17 error Expected \`beta\` to be a number from 0 to 1000000, got \`-1\`
       1 | matrix.beta=[0, -1]
         |                 ^^
      "
    `);
  });
});

describe('files', () => {
  const folder = newFolder();
  const shownFile = (name: string): string => {
    const result = loadSpec(join(folder, name));
    return result.ok
      ? ''
      : `\n${renderDiagnostics(result.diagnostics, result.sources, false)}\n`.replaceAll(folder, 'folder');
  };

  test('that cannot be read', () => {
    writeFileSync(join(folder, 'quickstart.yaml'), ['name: x', target].join('\n'));
    mkdirSync(join(folder, 'inner'));
    expect(shownFile('quickstart.yaml')).toBe('');
    expect(shownFile('quikstart.yaml')).toMatchInlineSnapshot(`
      "
      folder/quikstart.yaml:1:1 error Expected a spec file, found none
         = did you mean \`folder/quickstart.yaml\`?
      "
    `);
    expect(shownFile('inner')).toMatchInlineSnapshot(`
      "
      folder/inner:1:1 error Expected a spec file, got a folder
      "
    `);
    expect(shownFile('quickstart.yaml/inner')).toMatchInlineSnapshot(`
      "
      folder/quickstart.yaml/inner:1:1 error Expected a spec file that can be read, got \`ENOTDIR\`
      "
    `);
  });
  test('that are not UTF-8', () => {
    writeFileSync(join(folder, 'latin1.yaml'), Buffer.from('name: x\ndescription: caf\xe9\n', 'latin1'));
    expect(shownFile('latin1.yaml')).toMatchInlineSnapshot(`
      "
      folder/latin1.yaml:2:17 error Expected the text of a spec to be UTF-8, got another encoding or binary data
       2 | description: caf�
         |                 ^
         = save the file as UTF-8
      "
    `);
  });
  test('that are too large', () => {
    writeFileSync(join(folder, 'large.yaml'), `# ${'x'.repeat(MAX_SPEC_BYTES)}`);
    expect(shownFile('large.yaml')).toMatchInlineSnapshot(`
      "
      folder/large.yaml:1:1 error Expected a spec of at most 262144 bytes, got 262146
      "
    `);
  });
});

test('colours only when asked', () => {
  const result = parseSpec('nam: x', 'bad.yaml');
  if (result.ok) throw new Error('expected errors');
  const esc = String.fromCharCode(27);
  expect(renderDiagnostics(result.diagnostics, result.sources, false)).not.toContain(esc);
  const coloured = renderDiagnostics(result.diagnostics, result.sources, true);
  expect(coloured).toContain(`${esc}[31m^^^${esc}[39m`);
  expect(coloured.replaceAll(new RegExp(`${esc}\\[\\d+m`, 'g'), '')).toBe(
    renderDiagnostics(result.diagnostics, result.sources, false),
  );
});
