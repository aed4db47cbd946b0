import type { InferenceSession } from 'onnxruntime-node';
import { encodeModel } from './model.ts';
import ort from './runtime.ts';

/** Creates a session of a single addition with a provider's options: rejects where the provider cannot be started. */
export async function tryOut(options: InferenceSession.SessionOptions): Promise<void> {
  const port = (name: string) => ({ name, shape: [1], type: 'float32' as const });
  const model = encodeModel({
    name: 'try-out',
    nodes: [{ opType: 'Add', input: ['x', 'x'], output: ['y'], attributes: {} }],
    initializers: [],
    inputs: [port('x')],
    outputs: [port('y')],
  });
  const session = await ort.InferenceSession.create(model, { ...options, logSeverityLevel: 3 });
  await session.release();
}
