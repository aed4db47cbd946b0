import { describe, expect, test } from 'vitest';
import { normalizations, renormalizationOf } from '../../src/data/normalize.ts';
import type { Engine, Feeds } from '../../src/graph/program.ts';
import { guidanceProgram, type Teacher } from '../../src/nern/step/teacher.ts';
import { trainingStep } from '../../src/nern/step/training-step.ts';
import { matchParameters } from '../../src/networks/keys.ts';
import { resnet } from '../../src/networks/resnet.ts';
import { createGuide } from '../../src/training/guidance.ts';
import { describeEngines, isSlow, tolerance } from './engines.ts';
import {
  expectGradient,
  expectTenSteps,
  imagesOf,
  recorded,
  relativeError,
  stepCase,
} from './step-reference.ts';

/** A ResNet8 that learns from another network (bench/peers/guided_reference.py). */
const of = stepCase('A');
const { imagenet, cifar10 } = normalizations;
const teachers = {
  other: { depth: 14, renormalization: renormalizationOf(imagenet, cifar10) },
  alike: { depth: 8, renormalization: undefined },
};

function guided(name: keyof typeof teachers) {
  const expected = recorded(`guided-${name}`);
  const { depth, renormalization } = teachers[name];
  const network = resnet(depth, 'B', 10, [4, 8, 16]);
  const weights = matchParameters(network, expected.part('teacher/'), 'fixture');
  const teacher: Teacher = { network, weights, renormalization };
  const { alpha, beta } = expected.numbers;
  return { expected, teacher, distillation: { images: 4, imagesAtOnce: 2, alpha, beta } };
}

await describeEngines('a guided step agrees with PyTorch', (engine: Engine) => {
  test('a teacher of another architecture and normalisation: its logits', async () => {
    const { expected, teacher } = guided('other');
    const program = await engine.compile(guidanceProgram(teacher, 4));
    const { logits } = await program.run({ images: imagesOf(0) });
    expect(relativeError(logits!.data, expected.tensor('logits').data)).toBeLessThan(tolerance(engine));
  });

  describe.each(['other', 'alike'] as const)('by a teacher that is %s', name => {
    const { expected, teacher, distillation } = guided(name);
    const guide = createGuide(engine, teacher, 4);
    const guidance = async (step: number): Promise<Feeds> => {
      if (distillation.beta > 0) return {};
      return { guidance: await guide(imagesOf(step), step) };
    };

    test('losses and gradient', async () => {
      const step = await engine.compile(trainingStep(of.definition({ teacher, distillation })));
      const result = await step.run({
        ...of.feeds(0, of.reference.vector('initial')),
        ...(await guidance(0)),
      });
      const losses = { fmd: 0, ...expected.numbers.losses.ranger[0] };
      for (const loss of ['reconstruction', 'kd', 'fmd'] as const) {
        const got = result[loss]!.data[0]!;
        expect(Math.abs(got - losses[loss]), loss).toBeLessThanOrEqual(1e-5 * losses[loss]);
      }
      expectGradient(engine, result.parameters!.data, expected, 'total');
    });

    test.skipIf(isSlow(engine)).each(['ranger', 'adam'] as const)(
      'all parameters after 10 steps of %s',
      async method => expectTenSteps(engine, method, of, { teacher, distillation }, expected, guidance),
    );
  });
});
