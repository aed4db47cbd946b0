import { describe, expect, test } from 'vitest';
import { selfTestTraining } from '../../src/devices/self-test.ts';
import { type Losses, syntheticTrainer } from '../../src/devices/synthetic.ts';
import { openEngine } from '../../src/engine/open.ts';
import type { Engine } from '../../src/graph/program.ts';
import { describeEngines, isSlow, tolerance } from './engines.ts';

/** Five steps of reconstruction and five with distillation. */
async function tenSteps(engine: Engine): Promise<{ losses: Losses[]; parameters: Float32Array }> {
  const trainer = syntheticTrainer(engine, selfTestTraining);
  const losses: Losses[] = [];
  for (let step = 0; step < 10; step++) losses.push(await trainer.step(step >= 5));
  return { losses, parameters: trainer.parameters() };
}

const reference = await tenSteps(await openEngine({ name: 'onnx:cpu', threads: 1, device: 0 }));

await describeEngines('ten steps agree with ONNX Runtime', engine => {
  test.skipIf(isSlow(engine))('in each loss and all parameters', async () => {
    const { losses, parameters } = await tenSteps(engine);
    for (const [step, expected] of reference.losses.entries()) {
      for (const [name, value] of Object.entries(expected)) {
        const error = Math.abs(losses[step]![name as keyof Losses] - value);
        expect(error, `${name} of step ${step}`).toBeLessThanOrEqual(tolerance(engine) * Math.abs(value));
      }
    }
    const norm = (values: Float32Array) => Math.hypot(...values);
    const difference = parameters.map((value, i) => value - reference.parameters[i]!);
    expect(norm(difference)).toBeLessThan(tolerance(engine) * norm(reference.parameters));
  });
});

describe('an engine', () => {
  test('that computed something else would be noticed', () => {
    const [first, last] = [reference.losses[0]!, reference.losses[9]!];
    expect(Math.abs(first.reconstruction - last.reconstruction)).toBeGreaterThan(1e-2 * first.reconstruction);
    expect(last.kd).not.toBe(0);
    expect(last.fmd).not.toBe(0);
  });
});
