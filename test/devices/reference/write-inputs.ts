/**
 * Writes what the self-test trains on, for its reference in PyTorch (self_test_reference.py):
 *
 *   tsx test/devices/reference/write-inputs.ts FILE.safetensors
 */
import { writeFileSync } from 'node:fs';
import {
  directionCount,
  directions,
  selfTestTraining,
  selfTestValues,
} from '../../../src/devices/self-test.ts';
import { syntheticStep } from '../../../src/devices/synthetic.ts';
import { openEngine } from '../../../src/engine/open.ts';
import type { Engine } from '../../../src/graph/program.ts';
import type { Tensor } from '../../../src/graph/tensor.ts';
import { writeSafetensors } from '../../../src/weights/safetensors.ts';

const engine = await openEngine({ name: 'onnx:cpu', threads: 1, device: 0 });
const { target } = syntheticStep(selfTestTraining);
const tensors = new Map<string, Tensor>();
for (const [name, tensor] of target.weights) tensors.set(`target/${name}`, tensor);

let step = 0;
const recording: Engine = {
  ...engine,
  compile: async program => {
    const executable = await engine.compile(program);
    return {
      ...executable,
      run: feeds => {
        const { parameters, sample, images } = feeds;
        if (step === 0) {
          const [length] = parameters!.shape as [number];
          tensors.set('initial', { shape: [length], data: Float32Array.from(parameters!.data) });
          tensors.set('directions', { shape: [directionCount, length], data: directions(length) });
        }
        tensors.set(`sample/${step}`, { shape: sample!.shape, data: Float32Array.from(sample!.data) });
        if (images)
          tensors.set(`images/${step}`, { shape: images.shape, data: Float32Array.from(images.data) });
        step++;
        return executable.run(feeds);
      },
    };
  },
};
await selfTestValues(recording);
writeFileSync(process.argv[2]!, writeSafetensors(tensors));
