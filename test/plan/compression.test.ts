import { expect, test } from 'vitest';
import { planOf } from '../support/whole-runs.ts';

const keyWith = async (settings: string) => {
  const plan = await planOf(`
name: compressed
target: { network: resnet8, dataset: procedural, weights: embedded }
data: { train: 64, test: 64 }
repeats: 1
evaluate: [meta-compression, embedding-similarity]
${settings}
`);
  const keyOf = (measure: string) =>
    [...plan.stages.values()].find(stage => stage.kind === 'evaluation' && stage.measure === measure)!.key;
  return { compression: keyOf('meta-compression'), other: keyOf('embedding-similarity') };
};

test('what meta-compression finds is known by its settings, and by those of training where it trains', async () => {
  const fineTune = (iterations: number) => `compression: { fineTune: { iterations: ${iterations} } }`;
  const all = await Promise.all(
    ['', 'compression: { pruned: [0.5] }', 'compression: { bits: [8] }', fineTune(5), fineTune(6)].map(
      keyWith,
    ),
  );
  expect(new Set(all.map(({ compression }) => compression)).size).toBe(5);
  expect(new Set(all.map(({ other }) => other)).size).toBe(1);
});
