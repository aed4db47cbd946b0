/**
 * Trains the predictor of the self-test for many steps, distillation included, and prints what memory holds as it goes,
 * one line of JSON a reading: step, tensors and bytes that TensorFlow.js counts, resident memory. Flat curves are what
 * is wanted.
 *
 *   tsx bench/leak.ts [--engine tfjs:wasm] [--steps 5000] [--every 500]
 */
import { parseArgs } from 'node:util';
import { engineNames } from '../src/catalogue/engines.ts';
import { selfTestTraining } from '../src/devices/self-test.ts';
import { syntheticTrainer } from '../src/devices/synthetic.ts';
import { openEngine } from '../src/engine/open.ts';

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'tfjs:wasm' },
    steps: { type: 'string', default: '5000' },
    every: { type: 'string', default: '500' },
  },
});
const [steps, every] = [Number(values.steps), Number(values.every)];
const name = engineNames.find(known => known === values.engine);
if (name === undefined) throw new Error(`Expected --engine to be one of ${engineNames.join(', ')}`);
const engine = await openEngine({ name, threads: 1, device: 0 });
const counted = name.startsWith('tfjs:') ? (await import('@tensorflow/tfjs-core')).memory : undefined;

const trainer = syntheticTrainer(engine, selfTestTraining);
for (let step = 0; step <= steps; step++) {
  const { loss } = await trainer.step(true);
  if (step % every === 0) report(step, loss);
}
await engine.dispose();
process.exit(0);

function report(step: number, loss: number): void {
  const { numTensors, numBytes } = counted?.() ?? {};
  const residentMiB = Math.round(process.memoryUsage().rss / 2 ** 20);
  console.log(
    JSON.stringify({ engine: name, step, loss, tensors: numTensors, bytes: numBytes, residentMiB }),
  );
}
