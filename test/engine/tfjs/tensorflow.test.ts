import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { enginesFolder } from '../../../src/engine/engines-folder.ts';
import { cannotLoad, tensorFlowEnvironment } from '../../../src/engine/tfjs/tensorflow.ts';
import { findAddon } from '../../../src/engine/tfjs/tensorflow-addon.ts';
import { newFolder } from '../../support/files.ts';

const gpu = { uuid: 'GPU-1', device: { name: 'A GPU', kind: 'gpu' as const } };

describe('the environment that TensorFlow reads', () => {
  it('hides every GPU from an engine of the CPU', () => {
    expect(tensorFlowEnvironment(3, undefined, { CUDA_VISIBLE_DEVICES: '0,1' })).toMatchObject({
      CUDA_VISIBLE_DEVICES: '-1',
      TF_NUM_INTRAOP_THREADS: '3',
    });
  });

  it('shows one GPU, of whose memory it takes what it needs', () => {
    expect(tensorFlowEnvironment(1, gpu, {})).toMatchObject({
      CUDA_VISIBLE_DEVICES: 'GPU-1',
      TF_FORCE_GPU_ALLOW_GROWTH: 'true',
    });
  });

  it('keeps what the user has set', () => {
    const set = { TF_CPP_MIN_LOG_LEVEL: '0', TF_FORCE_GPU_ALLOW_GROWTH: 'false', NVIDIA_TF32_OVERRIDE: '1' };
    expect(tensorFlowEnvironment(1, gpu, set)).toMatchObject(set);
  });
});

describe('an addon', () => {
  const withManifest = (text: string) => {
    const folder = newFolder();
    mkdirSync(join(folder, 'tensorflow'));
    writeFileSync(join(folder, 'tensorflow', 'manifest.json'), text);
    return { NERN_SWEEP_ENGINES: folder };
  };

  it("is the one that setup's manifest names", () => {
    const environment = withManifest('{"format":1,"addon":"b/tfjs_binding.node","libraries":"/tf"}');
    expect(findAddon(environment)).toEqual({
      path: join(environment.NERN_SWEEP_ENGINES, 'tensorflow', 'b', 'tfjs_binding.node'),
      libraries: '/tf',
    });
  });

  it.each(['{"format":2,"addon":"x"}', '{"format":1}', '{'])('is not named by the manifest %s', text => {
    expect(() => findAddon(withManifest(text))).toThrow(/manifest\.json to describe a TensorFlow/);
  });

  it('is looked for in the folder of the user', () => {
    expect(enginesFolder({ XDG_DATA_HOME: '/data' })).toBe(join('/data', 'nern-sweep'));
    expect(enginesFolder({})).toMatch(/\.local.share.nern-sweep$/);
  });

  it.each([
    [
      'libtensorflow_cc.so.2: cannot open shared object file: No such file or directory',
      'Expected `libtensorflow_cc.so.2` in /tf for the addon /a.node, but it is gone',
    ],
    [
      '/a.node: undefined symbol: TFE_NewContext',
      'Expected TensorFlow to have the function `TFE_NewContext`, which the addon /a.node calls, but it has not',
    ],
    [
      "/lib/libm.so.6: version `GLIBC_2.38' not found (required by /tf/libtensorflow_cc.so.2)",
      "Expected this system's C or C++ library to have GLIBC_2.38, which the addon /a.node asks for, but it is older",
    ],
    ['invalid ELF header\n at load', 'Expected the addon /a.node to be loadable, got: invalid ELF header'],
  ])('that cannot be loaded for `%s` says what is wrong', (reason, message) => {
    const failure = cannotLoad({ path: '/a.node', libraries: '/tf' }, reason);
    expect(failure.kind).toBe('environment');
    expect(failure.message).toBe(message);
    expect(failure.hint).toContain('nern-sweep setup tensorflow');
  });
});
