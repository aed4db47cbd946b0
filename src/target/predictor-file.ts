import { join } from 'node:path';
import type { SelectionRecord } from '../contract/result.ts';
import type { StoredObject } from '../files/object.ts';
import { sizeOf, type Tensor } from '../graph/tensor.ts';
import type { ParameterShapes } from '../optim/parameters.ts';
import { readCheckpoint } from '../weights/checkpoint.ts';
import { writeSafetensors } from '../weights/safetensors.ts';
import { parametersOf } from './initial.ts';

/** The file of a trained predictor. */
export const predictorFile = 'predictor.safetensors';

/** The predictor's parameters as safetensors: `layers.0.weight`, `layers.0.bias`, ... */
export function encodePredictorFile(parameters: Float32Array, shapes: ParameterShapes): Uint8Array {
  let at = 0;
  const tensors = shapes.map((shape, i): [string, Tensor] => {
    const data = parameters.slice(at, at + sizeOf(shape));
    at += data.length;
    return [`layers.${i >> 1}.${i % 2 === 0 ? 'weight' : 'bias'}`, { shape, data }];
  });
  return writeSafetensors(new Map(tensors));
}

/** The parameters that a phase left behind, or that of a selection's best. */
export async function readPredictor(
  { object }: { object(key: string): Promise<StoredObject & { folder: string }> },
  key: string,
  shapes: ParameterShapes,
): Promise<Float32Array> {
  const { kind, record, folder } = await object(key);
  if (kind === 'selection') return readPredictor({ object }, (record as SelectionRecord).predictor, shapes);
  const file = join(folder, predictorFile);
  return parametersOf((await readCheckpoint(file)).tensors, file, shapes);
}
