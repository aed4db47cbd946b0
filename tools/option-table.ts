// Writes docs/method/options.md: every named option of the method, how far it is from PyTorch, and who uses it.
//   npx tsx tools/option-table.ts
import { writeFileSync } from 'node:fs';
import type { Activation } from '../src/nern/predictor/activation.ts';
import {
  activationError,
  engine,
  optimizerError,
  optimizerNames,
  type StepCase,
  scheduleCases,
  scheduleError,
  stepCases,
  stepErrors,
} from '../test/support/options.ts';
import { type NamedOption, optionsOf, usesOf } from './option-uses.ts';

/** The settings of a configuration by their names in the cases of a step. */
const stepSettings: Record<string, keyof StepCase> = {
  'predictor.architecture': 'architecture',
  'predictor.activation': 'activation',
  'predictor.resample': 'resample',
  'predictor.embedding.method': 'method',
  'predictor.embedding.fusion': 'fusion',
  'predictor.embedding.normalize': 'normalize',
  'sampler.root': 'root',
  'losses.reconstruction': 'reconstruction',
  'losses.kd': 'kd',
  'losses.fmd': 'fmd',
};

const trained = 'PyTorch, ten steps of training: below 1e-4, `test/engine/original-step.test.ts`';

/** What is checked by other means than a number of PyTorch's. */
const otherChecks: Record<string, string> = {
  'predictor.init.method framework':
    'bounds and shares of the draws, `test/nern/predictor/initialise.test.ts`',
  'predictor.init.method matched':
    'PyTorch, last layer: below 1e-5; first predictions, `test/nern/options.test.ts`',
  'predictor.init.method checkpoint': 'goes on from a run to its loss, `test/stages/options.test.ts`',
  'sampler.method magnitude': 'shares of the draws, `test/nern/sampling/sampler.test.ts`',
  'sampler.mix batch': 'shares of the draws, `test/nern/sampling/sampler.test.ts`',
  'sampler.mix kernel': 'shares of the draws, `test/nern/sampling/sampler.test.ts`',
  'sampler.method uniform': 'shares of the draws, `test/nern/sampling/sampler.test.ts`',
  'sampler.method uniform-without-replacement':
    'every kernel once a pass, `test/nern/sampling/sampler.test.ts`',
  'target.train.init fan-in': 'bounds and moments of the draws, `test/networks/initial.test.ts`',
  'target.train.init fan-out': 'bounds and moments of the draws, `test/networks/initial.test.ts`',
  'target.train.init uniform': 'bounds and moments of the draws, `test/networks/initial.test.ts`',
  'target.train.schedule.method steps': 'by hand, `test/optim/target-schedule.test.ts`',
  'target.train.schedule.method cosine': 'by hand, `test/optim/target-schedule.test.ts`',
  'target.train.smoothness.distance cosine': `${trained}; term alone: below 1e-6`,
  'target.train.smoothness.distance l2': `${trained}; term alone: below 1e-6`,
  'target.train.smoothness.neighbours inner': trained,
  'target.train.smoothness.neighbours all': trained,
  'target.train.seed run': 'targets that differ by seed, `test/training/target.test.ts`',
  'permutation none': '[permutations](permutations.md)',
  'permutation in-filter': '[permutations](permutations.md)',
  'permutation cross-filter': '[permutations](permutations.md)',
  'permutation.method in-filter': 'what comparing every pair gives, [permutations](permutations.md)',
  'permutation.method cross-filter': 'what comparing every pair gives, [permutations](permutations.md)',
};

const errors = new Map<string, number>();
for (const of of stepCases) errors.set(of.name, (await stepErrors(of)).gradient);
const unique = (name: string, i: number, names: readonly string[]) => names.indexOf(name) === i;
const digits = (error: number) => error.toExponential(0);
const worst = (cases: readonly StepCase[]) => Math.max(...cases.map(({ name }) => errors.get(name)!));

async function checkOf({ path, value }: NamedOption): Promise<string> {
  const other = otherChecks[`${path} ${value}`];
  if (other !== undefined) return other;
  const setting = stepSettings[path];
  const gradient = (cases: readonly StepCase[]) => `PyTorch, gradient of a step: ${digits(worst(cases))}`;
  if (setting !== undefined) {
    const own = gradient(stepCases.filter(of => of[setting] === value));
    if (path !== 'predictor.activation') return own;
    return `${own}; values and derivatives: ${digits(await activationError(value as Activation))}`;
  }
  if (path === 'clip.scope') return gradient(stepCases.filter(({ clip }) => clip.scope === value));
  if (path === 'sampler.method')
    return gradient(stepCases.filter(({ layer, all }) => (value === 'all' ? all : layer !== null)));
  if (path === 'optimizer.method') {
    const own = optimizerNames.filter(name => name.split(/[ ,]/)[0] === value);
    return `PyTorch, 14 steps: ${digits(Math.max(...(await Promise.all(own.map(optimizerError)))))}`;
  }
  const rates = scheduleCases.filter(({ schedule }) => schedule.method === value);
  return `PyTorch, learning rates: ${digits(Math.max(...rates.map(scheduleError)))}`;
}

const rows = await Promise.all(
  optionsOf().map(async option => {
    const all = usesOf(option).map(name => name.replace('.yaml', ''));
    // The paper's table before its ablations.
    const uses = [...all.filter(name => !name.startsWith('ablations')), ...all].filter(unique);
    const users = uses.length > 4 ? `${uses[0]} and ${uses.length - 1} others` : uses.join(', ');
    return `| \`${option.path}\` | ${option.value} | ${await checkOf(option)} | ${users} |`;
  }),
);
await engine.dispose();

writeFileSync(
  'docs/method/options.md',
  `# The options of the method

<!-- Written by tools/option-table.ts. -->

Every setting of the method that is a choice among names; what it was checked against, with the largest error found; and
the files in \`experiments/\` that use it. PyTorch's values come from \`bench/peers/options_reference.py\`, computed in
float64; the errors are those of float32 here, relative to the largest value (of activations: absolute).
\`test/nern/options.test.ts\` holds them to bounds, \`test/spec/experiments.test.ts\` sees to it that each option is used.

| setting | option | checked against, error | used by |
|---|---|---|---|
${rows.join('\n')}
`,
);
