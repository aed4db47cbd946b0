import { encodeModel } from './model.ts';
import ort from './runtime.ts';

const channels = 64;

let known: Promise<number> | undefined;

/**
 * How many channels ONNX Runtime's convolution kernels for this processor keep side by side (16 with AVX-512, 8 with
 * AVX2), or 1 where it has no such kernels. It does not tell, so it is read off what its own reordering does to a
 * tensor that numbers its channels: the first value of channel 0's second pixel stands behind one block.
 */
export function convolutionBlockSize(): Promise<number> {
  known ??= measureBlockSize().catch(() => 1);
  return known;
}

async function measureBlockSize(): Promise<number> {
  const shape = [1, channels, 1, 2];
  const model = encodeModel({
    name: 'block-size',
    nodes: [
      { opType: 'ReorderInput', domain: 'com.microsoft.nchwc', input: ['x'], output: ['y'], attributes: {} },
    ],
    initializers: [],
    inputs: [{ name: 'x', shape, type: 'float32' }],
    outputs: [{ name: 'y', shape, type: 'float32' }],
  });
  const session = await ort.InferenceSession.create(model, { logSeverityLevel: 4 });
  // Values 0 .. 2 * channels - 1: channel c has 2 c at its first pixel and 2 c + 1 at its second.
  const x = Float32Array.from({ length: 2 * channels }, (_, i) => i);
  const { y } = await session.run({ x: new ort.Tensor(x, shape) });
  await session.release();
  return (y!.data as Float32Array).indexOf(1);
}
