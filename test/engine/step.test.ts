import { describe, expect, test } from 'vitest';
import type { Engine } from '../../src/graph/program.ts';
import { pruneByMagnitude } from '../../src/measures/prune.ts';
import { guidanceProgram } from '../../src/nern/step/teacher.ts';
import { type StepDefinition, trainingStep } from '../../src/nern/step/training-step.ts';
import { describeEngines, isSlow, tolerance } from './engines.ts';
import {
  expectGradient,
  expectTenSteps,
  imagesOf,
  recorded,
  relativeError,
  stepCase,
} from './step-reference.ts';

await describeEngines('a training step agrees with PyTorch', engine => {
  describe.each(['A', 'B'] as const)('shortcut %s', shortcut => agreesWithPyTorch(shortcut, engine));
});

function agreesWithPyTorch(shortcut: 'A' | 'B', engine: Engine): void {
  const of = stepCase(shortcut);
  const { reference, definition, feeds } = of;
  const initial = () => reference.vector('initial');

  test.each([
    ['reconstruction', { distillation: undefined }],
    ['reconstruction-sampled', { distillation: undefined, root: 'sampled' }],
    ['total', {}],
  ] as const)('the gradient of %s', async (name, changes) => {
    const step = await engine.compile(trainingStep(definition(changes)));
    const result = await step.run(feeds(0, initial()));
    expectGradient(engine, result.parameters!.data, reference, name);
  });

  test.skipIf(isSlow(engine))('each loss, and each distillation gradient by itself', async () => {
    const guidance = await engine.compile(guidanceProgram(of, 4));
    const { logits } = await guidance.run({ images: imagesOf(0) });
    const alone = async (distillation: StepDefinition['distillation']) => {
      const step = await engine.compile(trainingStep(definition({ distillation })));
      return step.run({ ...feeds(0, initial()), guidance: logits! });
    };
    const expected = reference.numbers.losses.ranger[0];
    for (const [name, alpha, beta] of [
      ['kd', 1, 0],
      ['fmd', 0, 1],
    ] as const) {
      const result = await alone({ images: 4, imagesAtOnce: 4, alpha, beta });
      const recon = reference.vector('gradient/reconstruction');
      const distilled = reference.vector(`gradient/${name}`).map((value, i) => value + recon[i]!);
      expect(relativeError(result.parameters!.data, distilled)).toBeLessThan(tolerance(engine));
      expect(result.kd!.data[0]).toBeCloseTo(expected.kd, 5);
      // Without a weight it is not computed.
      if (name === 'kd') expect(result.fmd!.data[0]).toBe(0);
      else expect(result.fmd!.data[0]! / expected.fmd - 1).toBeCloseTo(0, 5);
      expect(result.reconstruction!.data[0]).toBeCloseTo(expected.reconstruction, 6);
    }
  });

  test.skipIf(isSlow(engine)).each(['ranger', 'adam'] as const)(
    'all parameters after 10 steps of %s',
    async method => expectTenSteps(engine, method, of, {}, reference),
  );
}

await describeEngines('a pruned predictor', engine => {
  test.skipIf(isSlow(engine))('stays pruned while it is trained on, as in PyTorch', async () => {
    const of = stepCase('A');
    const expected = recorded('pruned');
    const { predictorShapes } = of.definition({});
    const pruned = pruneByMagnitude(
      of.reference.vector('initial'),
      predictorShapes,
      expected.numbers.fraction,
    );
    expect(pruned).toEqual(expected.vector('pruned'));
    const mask = { shape: [pruned.length], data: pruned.map(value => (value === 0 ? 0 : 1)) };
    await expectTenSteps(engine, 'ranger', of, { masked: true }, expected, async () => ({ mask }), pruned);
  });
});
