import { describe, expect, it } from 'vitest';
import { bindingGyp } from '../../src/setup/addon-build.ts';
import { sayingsOfGpu } from '../../src/setup/addon-check.ts';

describe('the description of the build', () => {
  it('names the libraries, and where to look for them', () => {
    const folder = '/home/me/my env/tensorflow';
    const libraries = [`${folder}/libtensorflow_cc.so.2`, `${folder}/libtensorflow_framework.so.2`] as const;
    const { targets } = JSON.parse(bindingGyp({ folder, libraries, headers: undefined }));
    expect(targets[0]).toMatchObject({
      libraries: [
        '<(module_root_dir)/lib/libtensorflow_cc.so.2',
        '<(module_root_dir)/lib/libtensorflow_framework.so.2',
      ],
      ldflags: ['-Wl,-rpath,/home/me/my\\ env/tensorflow', '-Wl,-z,now'],
    });
  });
});

describe("TensorFlow's log", () => {
  it('is told where it speaks of a GPU', () => {
    const log = [
      '2026-11-21 23:00:37.826985: I tensorflow/core/util/port.cc:110] oneDNN custom operations are on.',
      'I0000 00:00:1795303361.271208   15237 cudart_stub.cc:31] Could not find cuda drivers on your machine, GPU will not be used.',
      '2023-01-01 00:00:00.000000: W tensorflow/tsl/platform/dso_loader.cc:64] Could not load dynamic library libcudnn.so.8',
    ].join('\n');
    expect(sayingsOfGpu(log)).toEqual([
      'Could not find cuda drivers on your machine, GPU will not be used.',
      'Could not load dynamic library libcudnn.so.8',
    ]);
  });
});
