import { describe, expect, test } from 'vitest';
import { openEngine } from '../../../src/engine/open.ts';
import { libraryFailure, loadPackage } from '../../../src/engine/tfjs/backend.ts';
import { Failure } from '../../../src/failure.ts';
import { relu } from '../../../src/graph/elementwise.ts';
import { input } from '../../../src/graph/value.ts';

test('a package that is not installed is named, with how to get it', async () => {
  const load = () => import(`no-such-${'package'}`);
  await expect(loadPackage('no-such-package', load)).rejects.toMatchObject({
    kind: 'environment',
    message: expect.stringContaining('`no-such-package`'),
    hint: 'Install it with: npm install no-such-package',
  });
});

describe('what a backend says is understood', () => {
  test.each([
    ['Invalid TF_Status: 8\nMessage: OOM when allocating tensor with shape[256,64,32,32]', 'out-of-memory'],
    ['out of memory for a tensor of 4096 bytes', 'out-of-memory'],
    ['Failed to allocate memory for buffer mapping', 'out-of-memory'],
    ['Not enough memory left.', 'out-of-memory'],
    ['VK_ERROR_OUT_OF_DEVICE_MEMORY', 'out-of-memory'],
    ['Array buffer allocation failed', 'out-of-memory'],
    [
      'Binding size (435192036) of [Buffer (unlabeled)] is larger than the maximum storage buffer binding size (134217728).',
      'out-of-memory',
    ],
    ['Buffer size (4294967296) exceeds the max buffer size limit (2147483648).', 'out-of-memory'],
    ["Kernel 'Room' not registered for backend 'zoom'", 'engine'],
  ])('%s', (message, kind) => {
    const failure = libraryFailure('step', new Error(message));
    expect(failure.kind).toBe(kind);
    expect(failure.message).toContain('`step`');
    expect(failure.hint === undefined).toBe(kind === 'engine');
  });

  test('a Failure stays what it is', () => {
    const failure = new Failure('nan', 'The loss is NaN');
    expect(libraryFailure('step', failure)).toBe(failure);
  });
});

const webgpu = await openEngine({ name: 'tfjs:webgpu', threads: 1, device: 0 }).catch((error: unknown) => {
  if (error instanceof Failure && error.kind === 'environment') return undefined;
  throw error;
});

test.skipIf(!webgpu)('a GPU that is lost fails the program that runs then', async () => {
  const x = input('x', [64, 64]);
  const executable = await webgpu!.compile({ name: 'step', outputs: { y: relu(x) } });
  const feeds = { x: { shape: [64, 64], data: new Float32Array(64 * 64).fill(2) } };
  expect((await executable.run(feeds)).y.data[63]).toBe(2);
  await webgpu!.dispose();
  await expect(executable.run(feeds)).rejects.toMatchObject({
    kind: 'engine',
    message: expect.stringContaining('The GPU was lost in the program `step`'),
    hint: expect.stringContaining('checkpoint'),
  });
});

test('a second WebGPU device is not to be had', async () => {
  await expect(openEngine({ name: 'tfjs:webgpu', threads: 1, device: 1 })).rejects.toMatchObject({
    kind: 'environment',
    message: 'Expected `tfjs:webgpu` to be asked for device 0, the one that the system prefers, got `1`',
  });
});
