import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { selfTestError } from '../../../src/devices/self-test.ts';
import { openOnnxEngine } from '../../../src/engine/onnx/engine.ts';
import { webgpuProvider } from '../../../src/engine/onnx/webgpu.ts';
import { Failure } from '../../../src/failure.ts';

const script = fileURLToPath(new URL('../fixtures/life.ts', import.meta.url));

const live = (end: string, environment: Record<string, string> = {}) =>
  execa(process.execPath, ['--import', 'tsx', script, 'onnx:webgpu', end], {
    env: environment,
    reject: false,
  });

const missing = await webgpuProvider(0).then(
  () => undefined,
  (error: unknown) => {
    const promised = process.env.NERN_SWEEP_TEST_ENGINES?.includes('onnx:webgpu');
    if (error instanceof Failure && error.kind === 'environment' && !promised) return error.message;
    throw error;
  },
);

describe.skipIf(missing)(`a process that computes by WebGPU${missing ? `: ${missing}` : ''}`, () => {
  test.each(['disposed', 'left', 'exit'])('ends by itself and cleanly when %s', async end => {
    const { exitCode, signal, stdout } = await live(end);
    expect({ exitCode, signal }).toEqual({ exitCode: 0, signal: undefined });
    const { total, device } = JSON.parse(stdout);
    expect(total).toBe(14);
    expect(device.name).not.toBe('');
    expect(device.kind).toBe(/llvmpipe|SwiftShader/.test(device.name) ? 'software' : 'gpu');
  });

  test('trains to the known values', async () => {
    const engine = await openOnnxEngine({ name: 'onnx:webgpu', threads: 1, device: 0 });
    expect(await selfTestError(engine)).toBeLessThan(1e-3);
    await engine.dispose();
  });

  test.runIf(process.platform === 'linux')('is told when no driver offers a GPU', async () => {
    const { exitCode, stderr } = await live('disposed', { VK_DRIVER_FILES: '/none.json' });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/Failure: Expected a GPU for `onnx:webgpu`, but no Vulkan/);
    expect(stderr).toMatch(/kind: 'environment'/);
  });
});

test('a GPU that is not the first is refused, with a way to it', async () => {
  const error = await webgpuProvider(1).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Failure);
  expect(error).toMatchObject({
    kind: 'environment',
    hint: expect.stringContaining('MESA_VK_DEVICE_SELECT'),
  });
});
