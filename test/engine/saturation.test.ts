import { expect, test } from 'vitest';
import { gradients } from '../../src/graph/gradient.ts';
import { input } from '../../src/graph/value.ts';
import { distillationLoss } from '../../src/nern/losses/distillation-loss.ts';
import { describeEngines } from './engines.ts';

// A network of untrained kernels can be sure of a class by thousands: there the gradient is zero, and a rounding error in
// its place would be multiplied by all that the network multiplies.
await describeEngines('the gradient of distillation where one class has it all', engine => {
  test('is zero', async () => {
    const [images, classes] = [32, 10];
    const logits = (name: string) => input(name, [images, classes]);
    const reconstructed = logits('reconstructed');
    const [gradient] = gradients(distillationLoss(reconstructed, logits('original')), [reconstructed]);
    const program = await engine.compile({ name: 'saturation', outputs: { gradient: gradient! } });
    const drawn = (shift: number) =>
      Float32Array.from({ length: images * classes }, (_, i) => 1000 * ((i * 7 + shift) % 13));
    const result = await program.run({
      reconstructed: { shape: [images, classes], data: drawn(0) },
      original: { shape: [images, classes], data: drawn(5) },
    });
    expect(Math.max(...result.gradient.data.map(Math.abs))).toBe(0);
  });
});
