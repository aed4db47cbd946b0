import { describe, expect, test } from 'vitest';
import { phasesOf } from '../../src/spec/phases.ts';
import { renderDiagnostics } from '../../src/spec/render.ts';
import { parseSpec } from '../../src/spec/sweep.ts';

const head = 'name: x\ntarget: { network: resnet8, dataset: procedural }\n';

function phasesIn(text: string) {
  const parsed = parseSpec(`${head}${text}\n`, 'x.yaml');
  if (!parsed.ok) throw new Error(parsed.diagnostics.map(({ message }) => message).join('\n'));
  const [cell] = parsed.sweep.cells;
  return { phases: phasesOf(cell!.configuration), configuration: cell!.configuration };
}

/** What a terminal shows for the spec; nothing when it is right. */
function shown(text: string): string {
  const result = parseSpec(`${head}${text}\n`, 'x.yaml');
  return result.ok ? '' : `\n${renderDiagnostics(result.diagnostics, result.sources, false)}\n`;
}

describe('schemes', () => {
  test('joint, the default, is one phase with everything as the spec says', () => {
    const { phases, configuration } = phasesIn('alpha: 0.5\nbeta: 0.25\nwarmup: 7');
    expect(phases).toEqual([{ name: 'joint', start: 'initial', configuration }]);
  });

  test('reconstruction is one phase without distillation', () => {
    const { phases } = phasesIn('alpha: 0.5\nbeta: 0.25\nphases: reconstruction');
    expect(phases).toMatchObject([
      {
        name: 'reconstruct',
        start: 'initial',
        configuration: { alpha: 0, beta: 0, losses: { reconstructionWeight: 1 } },
      },
    ]);
  });

  test('decoupled distils from the best reconstruction, with Adam, for 100 epochs to 350', () => {
    const { phases, configuration } = phasesIn('iterations: 700\nphases: decoupled');
    expect(phases.map(({ name, start }) => [name, start])).toEqual([
      ['reconstruct', 'initial'],
      ['distill', 'best-of-seeds'],
    ]);
    expect(phases[0]!.configuration).toMatchObject({
      ...{ alpha: 0, beta: 0, iterations: 700, optimizer: configuration.optimizer },
    });
    expect(phases[1]!.configuration).toMatchObject({
      ...{ alpha: 1, beta: 0, iterations: 200, evaluateEvery: 20, warmup: 0 },
      losses: { reconstructionWeight: 0 },
      optimizer: { method: 'adam', lr: 3e-5 },
    });
  });
});

describe('a phase', () => {
  test('takes from the spec what it does not say, but weights of losses that act alone', () => {
    const { phases, configuration } = phasesIn(`alpha: 0.5
beta: 0.25
warmup: 3
iterations: 100
batch: 12
phases:
  - { name: a, losses: [reconstruction, kd] }
  - { name: b, losses: [kd, fmd] }
  - { name: c, losses: [fmd], beta: 3, iterations: 40, batch: 6, data: { train: 99 } }`);
    const settings = phases.map(
      ({ configuration: { alpha, beta, warmup, iterations, batch, evaluateEvery } }) => ({
        ...{ alpha, beta, warmup, iterations, batch, evaluateEvery },
      }),
    );
    expect(settings).toEqual([
      { alpha: 0.5, beta: 0, warmup: 3, iterations: 100, batch: 12, evaluateEvery: 10 },
      { alpha: 1, beta: 1, warmup: 0, iterations: 100, batch: 12, evaluateEvery: 10 },
      { alpha: 0, beta: 3, warmup: 0, iterations: 40, batch: 6, evaluateEvery: 4 },
    ]);
    expect(phases[2]!.configuration.data).toEqual({ ...configuration.data, train: 99 });
    expect(phases.map(({ start }) => start)).toEqual(['initial', 'previous', 'previous']);
  });

  test('has the defaults of the methods that it names', () => {
    const { phases } = phasesIn(`phases:
  - { name: a, losses: [kd], optimizer: { method: adam }, sampler: { method: uniform }, forms: { kd: plain } }`);
    expect(phases[0]!.configuration).toMatchObject({
      optimizer: { method: 'adam', lr: 0.001, betas: [0.9, 0.999] },
      sampler: { method: 'uniform', batch: 4096 },
      losses: { kd: 'plain', reconstructionWeight: 0 },
    });
  });

  test('begins with the file that it names', () => {
    const { phases } = phasesIn(
      'phases: [{ name: a, losses: [kd] }, { name: b, losses: [kd], from: { file: p.safetensors } }]',
    );
    expect(phases[1]).toMatchObject({
      start: 'initial',
      configuration: { predictor: { init: { method: 'checkpoint', file: 'p.safetensors' } } },
    });
  });
});

describe('what cannot work is told where it is written', () => {
  test('two phases of one name', () => {
    expect(
      shown('phases:\n  - { name: a, losses: [kd] }\n  - { name: a, losses: [kd] }'),
    ).toMatchInlineSnapshot(`
      "
      x.yaml:5:13 error Expected phases of different names, got \`a\` twice
       5 |   - { name: a, losses: [kd] }
         |             ^
         = results and events tell phases apart by their names
      "
    `);
  });

  test('the best of one seed', () => {
    expect(shown('repeats: 1\nphases: decoupled')).toMatchInlineSnapshot(`
      "
      x.yaml:4:9 error Expected several seeds where a phase begins with the best of them, got one
       4 | phases: decoupled
         |         ^^^^^^^^^
         = raise \`repeats\`, or begin the phase \`from: previous\`
      "
    `);
    expect(
      shown(
        'seeds: [3]\nphases:\n  - { name: a, losses: [reconstruction] }\n  - { name: b, losses: [kd], from: best-of-seeds }',
      ),
    ).toMatchInlineSnapshot(`
      "
      x.yaml:6:36 error Expected several seeds where a phase begins with the best of them, got one
       6 |   - { name: b, losses: [kd], from: best-of-seeds }
         |                                    ^^^^^^^^^^^^^
         = raise \`repeats\`, or begin the phase \`from: previous\`
      "
    `);
    expect(shown('repeats: 1\nmatrix:\n  phases: [joint, decoupled]')).toMatchInlineSnapshot(`
      "
      x.yaml:5:19 error Expected several seeds where a phase begins with the best of them, got one
       5 |   phases: [joint, decoupled]
         |                   ^^^^^^^^^
         = raise \`repeats\`, or begin the phase \`from: previous\`
      "
    `);
  });

  test('a first phase that begins with the best of seeds', () => {
    expect(shown('phases: [{ name: a, losses: [kd], from: best-of-seeds }]')).toMatchInlineSnapshot(`
      "
      x.yaml:3:41 error Expected the first phase to begin with \`previous\` or a file, got \`best-of-seeds\`
       3 | phases: [{ name: a, losses: [kd], from: best-of-seeds }]
         |                                         ^^^^^^^^^^^^^
         = there is no phase before it; without \`from\` it begins as \`predictor.init\` says
      "
    `);
  });

  test('a window of losses where none distils', () => {
    const entry = '{ name: a, losses: [reconstruction], evaluateLowest: { window: 5 } }';
    expect(shown(`phases:\n  - ${entry}`)).toMatchInlineSnapshot(`
      "
      x.yaml:4:58 error Expected a distillation loss in a phase with \`evaluateLowest\`, found none
       4 |   - { name: a, losses: [reconstruction], evaluateLowest: { window: 5 } }
         |                                                          ^^^^^^^^^^^^^
         = it compares KD + FMD; \`evaluateEvery\` evaluates at regular intervals
      "
    `);
    expect(shown('phases: reconstruction\nevaluateLowest: {}')).toBe('');
    const { phases } = phasesIn('phases: decoupled\nevaluateLowest: { every: 20 }');
    expect(phases.map(({ configuration }) => configuration.evaluateLowest)).toEqual([
      { window: 20, every: 20 },
      { window: 20, every: 20 },
    ]);
  });

  test('a loss that weighs nothing', () => {
    expect(shown('alpha: 0\nphases:\n  - { name: a, losses: [reconstruction, kd] }')).toMatchInlineSnapshot(`
      "
      x.yaml:5:24 error Expected \`alpha\` to be above 0 where a phase names the loss \`kd\`, got \`0\`
       5 |   - { name: a, losses: [reconstruction, kd] }
         |                        ^^^^^^^^^^^^^^^^^^^^
         = leave the loss out of the phase, or give it a weight
      "
    `);
    expect(shown('alpha: 0\nphases:\n  - { name: a, losses: [kd] }')).toBe('');
    expect(shown('alpha: 0\nphases:\n  - { name: a, losses: [reconstruction, kd], alpha: 2 }')).toBe('');
  });

  test('a warm-up that is longer than its phase', () => {
    expect(
      shown('iterations: 50\nwarmup: 20\nphases:\n  - { name: a, losses: [reconstruction], iterations: 10 }'),
    ).toMatchInlineSnapshot(`
      "
      x.yaml:4:9 error Expected \`warmup\` to be at most \`iterations\`, \`10\`, got \`20\`
       4 | warmup: 20
         |         ^^
         = the warm-up is part of the iterations
      "
    `);
    expect(
      shown('phases:\n  - { name: a, losses: [reconstruction, kd], iterations: 10, warmup: 20 }'),
    ).toMatchInlineSnapshot(`
      "
      x.yaml:4:70 error Expected \`warmup\` to be at most \`iterations\`, \`10\`, got \`20\`
       4 |   - { name: a, losses: [reconstruction, kd], iterations: 10, warmup: 20 }
         |                                                                      ^^
         = the warm-up is part of the iterations
      "
    `);
  });

  test('settings that a phase does not know or that have a wrong value', () => {
    expect(
      shown(
        'phases:\n  - { name: a, losses: [kd], iteration: 3 }\n  - { name: "b c", losses: [] }\n  - { losses: [mse] }',
      ),
    ).toMatchInlineSnapshot(`
      "
      x.yaml:4:30 error Unknown key \`iteration\` in \`phases[0]\`
       4 |   - { name: a, losses: [kd], iteration: 3 }
         |                              ^^^^^^^^^
         = expected \`name\`, \`losses\`, \`from\`, \`forms\`, \`alpha\`, \`beta\`, \`iterations\`, \`batch\`, \`warmup\`, \`evaluateEvery\`, \`evaluateLowest\`, \`data\`, \`sampler\`, \`optimizer\`, \`schedule\` or \`clip\`
         = did you mean \`iterations\`?

      x.yaml:5:13 error Expected \`phases[1].name\` to be text such as \`reconstruct\`, got \`b c\`
       5 |   - { name: "b c", losses: [] }
         |             ^^^^^
         = write b-c

      x.yaml:5:28 error Expected \`phases[1].losses\` to be a list of one or more different values, each \`reconstruction\`, \`kd\` or \`fmd\`, got an empty list
       5 |   - { name: "b c", losses: [] }
         |                            ^^

      x.yaml:6:5 error Missing key \`name\` in \`phases[2]\`
       6 |   - { losses: [mse] }
         |     ^^^^^^^^^^^^^^^^^
         = expected text such as \`reconstruct\`

      x.yaml:6:16 error Expected \`phases[2].losses[0]\` to be \`reconstruction\`, \`kd\` or \`fmd\`, got \`mse\`
       6 |   - { losses: [mse] }
         |                ^^^
      "
    `);
    expect(shown('phases: decopled')).toMatchInlineSnapshot(`
      "
      x.yaml:3:9 error Expected \`phases\` to be \`joint\`, \`reconstruction\` or \`decoupled\` or a list of 1 to 32 values, each a mapping with \`name\` and \`losses\`, got \`decopled\`
       3 | phases: decopled
         |         ^^^^^^^^
         = did you mean \`decoupled\`?
      "
    `);
    expect(shown('progressive: { rounds: 0 }\nselect: { measure: fgsm }')).toMatchInlineSnapshot(`
      "
      x.yaml:3:24 error Expected \`progressive.rounds\` to be an integer from 1 to 100, got \`0\`
       3 | progressive: { rounds: 0 }
         |                        ^

      x.yaml:4:20 error Expected \`select.measure\` to be \`accuracy\`, \`loss\`, \`agreement\` or \`reconstruction-error\`, got \`fgsm\`
       4 | select: { measure: fgsm }
         |                    ^^^^
      "
    `);
  });
});
