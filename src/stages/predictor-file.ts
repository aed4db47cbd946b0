import { join } from 'node:path';
import { writeAtomic } from '../files/atomic.ts';
import type { Tensor } from '../graph/tensor.ts';
import { sizeOf } from '../graph/tensor.ts';
import type { PredictorShapes } from '../nern/predictor-shapes.ts';
import { writeSafetensors } from '../weights/safetensors.ts';

/** Writes the trained predictor as predictor.safetensors into the run's folder: `layers.0.weight`, `layers.0.bias`, ... */
export async function writePredictor(
  directory: string,
  parameters: Float32Array,
  shapes: PredictorShapes,
): Promise<void> {
  let at = 0;
  const tensors = shapes.map((shape, i): [string, Tensor] => {
    const data = parameters.slice(at, at + sizeOf(shape));
    at += data.length;
    return [`layers.${i >> 1}.${i % 2 === 0 ? 'weight' : 'bias'}`, { shape, data }];
  });
  await writeAtomic(join(directory, 'predictor.safetensors'), writeSafetensors(new Map(tensors)));
}
