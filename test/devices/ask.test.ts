import { describe, expect, it } from 'vitest';
import { deviceNames, readDevice } from '../../src/devices/ask.ts';
import { sweepSchema } from '../../src/spec/schema.ts';

describe('the name of a device', () => {
  it.each([
    ['auto', 'auto'],
    ['cpu', { engine: 'onnx:cpu' }],
    ['webgpu', { engine: 'onnx:webgpu' }],
    ['cuda', { engine: 'onnx:cuda' }],
    ['cuda:1', { engine: 'onnx:cuda', index: 1 }],
    ['tfjs:node-gpu:12', { engine: 'tfjs:node-gpu', index: 12 }],
    ['tfjs:cpu', { engine: 'tfjs:cpu' }],
  ])('%s', (text, ask) => {
    expect(readDevice(text)).toEqual(ask);
  });

  it.each([
    '',
    'gpu',
    'CUDA',
    'tfjs',
    'cuda:',
    'cuda:-1',
    'cuda:1000',
    'auto:1',
    'cpu:0',
    'tfjs:wasm:1',
    'constructor',
    'onnx:cpu:x',
  ])('is none: %j', text => {
    expect(readDevice(text)).toBeUndefined();
  });

  it('is the same in a spec', () => {
    expect(sweepSchema.properties!.device!.enum).toEqual(deviceNames);
  });
});
