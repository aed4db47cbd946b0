import { describe, expect, test } from 'vitest';
import { parseCommandLine } from '../../src/cli/options.ts';
import { Failure } from '../../src/failure.ts';
import { renderDiagnostics } from '../../src/spec/render.ts';
import { parseSpec } from '../../src/spec/sweep.ts';

/*
 * What people write who know another language than YAML, or whose text went through a word processor; and what they are
 * told to write. Each case is the lines after a right name and target, and of the message its place, its first line and its
 * hint.
 */

const head = 'name: x\ntarget: { network: resnet8, dataset: procedural }\n';

/** The message without the source line and without the list of what is expected. */
function told(lines: string, set: string[] = []): string {
  const result = parseSpec(`${head}${lines}`, 'x.yaml', { set });
  if (result.ok) return 'right';
  return renderDiagnostics(result.diagnostics, result.sources, false)
    .split('\n')
    .filter(line => !/^ *\d* \||= expected/.test(line))
    .map(line => line.trim())
    .join('\n');
}

/** A text in which the names of invisible characters stand for them. */
const visible = (text: string) =>
  text.replaceAll('NBSP', '\u00a0').replaceAll('WIDE', '\u3000').replaceAll('TAB', '\t');

describe('the grammar', () => {
  test.each([
    ['repeats:3', '3:1 error Expected a space after the colon, got `repeats:3`', 'write `repeats: 3`'],
    ['repeats = 3', '3:1 error Expected `key: value`, got `repeats = 3`', 'write `repeats: 3`'],
    ['repeats := 3', '3:1 error Expected `key: value`, got `repeats := 3`', 'write `repeats: 3`'],
    ['repeats 3', '3:1 error Expected a colon after the key, got `repeats 3`', 'write `repeats: 3`'],
    [
      'repeats：3',
      '3:1 error Expected a plain colon and a space after the key, got `repeats：3`',
      'write `repeats: 3`',
    ],
    [
      'repeats:3\nalpha: 1',
      '3:1 error Expected a space after the colon, got `repeats:3`',
      'write `repeats: 3`',
    ],
    [
      'alpha: 1\nrepeats=3\nbatch: 8',
      '4:1 error Expected `key: value`, got `repeats=3`',
      'write `repeats: 3`',
    ],
    [
      'include:\n  - alpha:1\n    beta: 2',
      '4:5 error Expected a space after the colon, got `- alpha:1`',
      'write `alpha: 1`',
    ],
    [
      'repeats:NBSP3',
      '3:9 error Expected a plain space, got a no-break space',
      'type the space anew: it was probably copied from a page',
    ],
    [
      'predictor:\nNBSPNBSPhidden: 8\n  layers: 3',
      '4:1 error Expected a plain space, got a no-break space',
      'type the space anew: it was probably copied from a page',
    ],
    [
      'repeats:WIDE3',
      '3:9 error Expected a plain space, got the character U+3000',
      'type the space anew: it was probably copied from a page',
    ],
    ['predictor:\nTABhidden: 8', '4:1 error Expected spaces before a key, got a tab', 'indent with spaces'],
    ['// a comment', '3:1 error Expected a comment to begin with `#`, got `//`', undefined],
    [
      'seeds: [0, 1\nalpha: 1',
      '3:8 error Expected `[` to be closed by `]`, found none',
      'write `]` where it ends',
    ],
    [
      'predictor: { hidden: 8\nalpha: 1',
      '3:12 error Expected `{` to be closed by `}`, found none',
      'write `}` where it ends',
    ],
    [
      'include: [{ alpha: 1 ]',
      '3:11 error Expected `{` to be closed by `}`, found none',
      'write `}` where it ends',
    ],
    [
      'seeds: [0, 1]]',
      '3:14 error Expected a value or nothing, got `]`',
      'remove it, or write what is missing before it',
    ],
    [
      'seeds: [0,, 1]',
      '3:11 error Expected a value or nothing, got `,`',
      'remove it, or write what is missing before it',
    ],
    ['description: "a\nalpha: 1', '3:14 error Expected `"` to be closed by another, found none', undefined],
    ["description: 'it\nalpha: 1", "3:14 error Expected `'` to be closed by another, found none", undefined],
    [
      'description: a: b',
      '3:14 error Expected a text with `: ` in it to be in quotes, got `a: b`',
      'write `description: "a: b"`',
    ],
    ['description: %5', '3:14 error Expected a text that begins with `%` to be in quotes', 'write `"%5"`'],
    ['description: @me', '3:14 error Expected a text that begins with `@` to be in quotes', 'write `"@me"`'],
    [
      'predictor:\n  hidden: 8\n   layers: 3',
      '5:4 error Expected the keys of a mapping to begin in the same column, got one that begins in another',
      'the line before begins after 2 spaces, this one after 3',
    ],
    [
      'predictor:\n   hidden: 8\n  layers: 3',
      '5:3 error Expected the keys of a mapping to begin in the same column, got one that begins in another',
      'the line before begins after 3 spaces, this one after 2',
    ],
  ])('%j', (lines, message, hint) => {
    const all = [`x.yaml:${message}`, ...(hint === undefined ? [] : [`= ${hint}`])].join('\n');
    expect(told(visible(lines))).toBe(all);
  });
});

describe('keys and values', () => {
  test.each([
    [
      'predictor.hidden: 9',
      'write `predictor: { hidden: 9 }`; dots join keys in the grid and after `--set` only',
    ],
    [
      'optimizer.lookahead.every: 9',
      'write `optimizer: { lookahead: { every: 9 } }`; dots join keys in the grid and after `--set` only',
    ],
    [
      'predictor: { embedding.levels: 9 }',
      'write `embedding: { levels: 9 }`; dots join keys in the grid and after `--set` only',
    ],
    [
      'predictor: { predictor.hidden: 9 }',
      'write `hidden: 9`; dots join keys in the grid and after `--set` only',
    ],
    ['predictor: {hidden:9}', 'write `hidden: 9`, with a space after the colon'],
    ['predictor:\n  hidden = 3', 'write `hidden: 3`'],
    ['predictor:\n  hidden:3', 'write `hidden: 3`'],
    ['predictor: {hidden=9}', 'write `hidden: 9`, with a space after the colon'],
    ['evaluate:\n  -accuracy\n  -loss', 'write `- accuracy`, with a space after each dash'],
    ['include:\n  -alpha: 1', 'write `- alpha: 1`, with a space after the dash'],
    ['evaluate: accuracy', 'write `[accuracy]`'],
    ['seeds: 0, 1', 'write `[0, 1]`'],
    ['seeds: 3', 'write `[3]`'],
    ['evaluate: [“accuracy”]', 'write accuracy, without curly quotes'],
    ['alpha: 0,5', 'write 0.5, without quotes or separators'],
    ['alpha: 1,000', 'write 1000, without quotes or separators'],
    ['alpha: 1NBSP000', 'write 1000, without quotes or separators'],
    [
      'matrix:\n  predictor:\n    hidden: [3, 4]',
      'write `predictor.hidden: [3, 4]`: a key of the grid is a whole path',
    ],
    [
      'matrix: { predictor: { embedding: { levels: 3 } } }',
      'write `predictor.embedding.levels: [3]`: a key of the grid is a whole path',
    ],
    ['zip: { optimizer: { lr: [3, 4] } }', 'write `optimizer.lr: [3, 4]`: a key of the grid is a whole path'],
    ['matrix:\n  - alpha: [1, 2]', 'write `alpha: [1, 2]`, without a dash before it'],
    ['matrix: { alpha: 1 }', 'write `[1]`'],
    ['matrix: { seed: [0, 1] }', 'write `seeds: [0, 1]` beside the grid: every cell is run with all seeds'],
    ['matrix: { seeds: [0, 1] }', 'write `seeds: [0, 1]` beside the grid: every cell is run with all seeds'],
    ['matrix: { repeats: [3] }', 'write `repeats: 3` beside the grid: every cell is run with all seeds'],
    ['matrix: { device: [cpu, cuda] }', '`device` is one for all cells: write it beside the grid'],
    ['matrix: { alpha: [1, 2] }\nexclude: [{ alpha: "1" }]', 'write 1, without quotes.'],
    ['matrix: { alpha: [1, 2] }\nexclude: [{ alpha: "2.0" }]', 'write 2, without quotes.'],
    [
      'matrix: { data.augment: [true, false] }\nexclude: [{ data.augment: "true" }]',
      'write true, without quotes.',
    ],
    [
      'matrix: { data.augment: [true, false] }\nexclude: [{ data.augment: no }]',
      'write false, without quotes.',
    ],
    [
      'matrix: { alpha: [1, 2] }\nexclude: [{ alpha: [1, 2] }]',
      'an entry has one value of a path: write `alpha: 1`, and an entry for each other.',
    ],
    ['matrix: { alpha: [1, 2] }\nexclude: { alpha: 1 }', 'write `- alpha: 1`: each entry begins with a dash'],
  ])('%j: %s', (lines, hint) => {
    expect(told(visible(lines)).split('\n')).toContain(`= ${hint}`);
  });
});

describe('the command line', () => {
  test.each([
    ['iterations', 'write `--set iterations=...`'],
    ['iterations:60', 'write `--set iterations=60`'],
    ['iterations 60', 'write `--set iterations=60`'],
    ['iterations =60', 'write `--set iterations=60`'],
    ['--iterations=60', 'write `--set iterations=60`'],
    ['seed=1', 'every cell is run with all seeds: `--set seeds=[0,1]` or `--repeats 2`'],
    ['matrix.seed=[1]', 'every cell is run with all seeds: `--set seeds=[0,1]` or `--repeats 2`'],
    ['seeds=0,1', 'write `[0, 1]`'],
    ['matrix.alpha=3', 'write `[3]`'],
  ])('--set %j: %s', (set, hint) => {
    expect(told('', [set]).split('\n')).toContain(`= ${hint}`);
  });

  test.each([
    [
      ['a.yaml', 'iterations=60'],
      'Expected a spec file, got `iterations=60`',
      'Write `--set iterations=60`.',
    ],
    [
      ['a.yaml', '--iterations=60'],
      'Expected a known option, got `--iterations`',
      'Write `--set iterations=60`: it is a setting of the spec.',
    ],
    [
      ['a.yaml', '--predictor.hidden', '60'],
      'Expected a known option, got `--predictor.hidden`',
      'Write `--set predictor.hidden=...`: it is a setting of the spec.',
    ],
    [
      ['validate', 'a.yaml', 'phases.1.iterations=60'],
      'Expected a spec file, got `phases.1.iterations=60`',
      'Write `--set phases.1.iterations=60`.',
    ],
  ])('%j', (args, message, hint) => {
    expect(() => parseCommandLine(args)).toThrow(new Failure('spec', message, hint));
    try {
      parseCommandLine(args);
    } catch (error) {
      expect((error as Failure).hint).toBe(hint);
    }
  });
});

describe('entries of lists', () => {
  const phases =
    'phases:\n  - { name: a, losses: [reconstruction] }\n  - { name: b, losses: [kd], iterations: 900 }\n';
  const of = (lines: string, ...set: string[]) => {
    const result = parseSpec(`${head}${lines}`, 'x.yaml', { set });
    if (!result.ok) throw new Error(result.diagnostics[0]!.message);
    return result.sweep.cells.map(({ configuration }) => configuration.phases);
  };

  test('are set by their number, in each cell that has them', () => {
    const own = of(phases, 'phases.1.iterations=7', 'phases.0.batch=3');
    expect(own).toMatchObject([
      [
        { name: 'a', batch: 3 },
        { name: 'b', iterations: 7 },
      ],
    ]);
    const [name, list] = of(
      'matrix:\n  phases: [joint, [{ name: a, losses: [kd] }]]\n',
      'phases.0.iterations=7',
    );
    expect(name).toBe('joint');
    expect(list).toMatchObject([{ name: 'a', iterations: 7 }]);
  });

  test('that no cell has, or with a wrong value, are told', () => {
    expect(told(phases, ['phases.2.iterations=7'])).toBe(
      '--set phases.2.iterations=7:1:21 error Expected `phases` of a cell to be a list with the entry of `phases.2.iterations`, found none\n= entries are counted from 0',
    );
    expect(told('', ['phases.0.iterations=7'])).toMatch(/found none/);
    expect(told(phases, ['phases.1.iterations=x'])).toMatch(
      /^--set phases.1.iterations=x:1:21 error Expected/,
    );
    expect(told(phases, ['phases.1.nothing=x'])).toMatch(/Unknown path `phases.1.nothing`/);
  });
});
