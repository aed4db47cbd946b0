import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { cudaLibrariesIn } from '../../src/engine/cuda-libraries.ts';
import { findProvider, providerFiles } from '../../src/setup/cuda-source.ts';
import { parseLdd } from '../../src/setup/missing-libraries.ts';
import { newFolder } from '../support/files.ts';

const never = new AbortController().signal;

const packages = 'lib/python3.12/site-packages/';
const provider = (prefix: string) => Object.fromEntries(providerFiles.map(file => [`${prefix}${file}`, '']));

function archiveOf(name: string, files: readonly string[]): string {
  const path = join(newFolder(), name);
  writeFileSync(path, zipSync(Object.fromEntries(files.map(file => [file, strToU8('x')]))));
  return path;
}

describe('a CUDA provider is found', () => {
  it("in a Python environment, with NVIDIA's libraries beside it", async () => {
    const folder = newFolder({
      ...provider(`${packages}onnxruntime/capi/`),
      [`${packages}onnxruntime/capi/libonnxruntime.so.1.30.0`]: '',
      [`${packages}nvidia/cu13/lib/libcudart.so.13`]: '',
      [`${packages}nvidia/cudnn/lib/libcudnn.so.9`]: '',
      [`${packages}nvidia/__init__.py`]: '',
    });
    expect(await findProvider(folder, newFolder(), never)).toEqual({
      files: providerFiles.map(file => join(folder, packages, 'onnxruntime/capi', file)),
      version: '1.30.0',
      libraries: [join(folder, packages, 'nvidia/cu13/lib'), join(folder, packages, 'nvidia/cudnn/lib')],
    });
  });

  it('in a wheel, whose other files are left out', async () => {
    const folder = 'onnxruntime/capi/';
    const wheel = archiveOf('onnxruntime_gpu-1.30.0-cp311-cp311-manylinux.whl', [
      ...providerFiles.map(file => `${folder}${file}`),
      `${folder}libonnxruntime.so.1.30.0`,
      `${folder}onnxruntime_pybind11_state.so`,
    ]);
    const workshop = newFolder();
    expect(await findProvider(wheel, workshop, never)).toEqual({
      files: providerFiles.map(file => join(workshop, file)),
      version: '1.30.0',
      libraries: [],
    });
  });

  it('in a package of NuGet, whose name tells the version', async () => {
    const archive = archiveOf(
      'microsoft.ml.onnxruntime.gpu.linux.1.30.0.nupkg',
      providerFiles.map(file => `runtimes/linux-x64/native/${file}`),
    );
    const found = await findProvider(archive, newFolder(), never);
    expect(found.version).toBe('1.30.0');
    expect(found.files.map(file => basename(file))).toEqual([...providerFiles]);
  });

  it('in a folder, of unknown version', async () => {
    expect((await findProvider(newFolder(provider('')), newFolder(), never)).version).toBeUndefined();
  });
});

describe('what holds no provider is refused by name', () => {
  it.each(['wheel', 'folder', 'nothing', 'file'])('as a %s', async kind => {
    const folder = newFolder({ 'notes.txt': '' });
    const from = {
      wheel: () => archiveOf('onnxruntime-1.30.0.whl', ['onnxruntime/capi/libonnxruntime.so.1.30.0']),
      folder: () => folder,
      nothing: () => join(folder, 'nothing'),
      file: () => join(folder, 'notes.txt'),
    }[kind]!();
    await expect(findProvider(from, newFolder(), never)).rejects.toMatchObject({
      kind: 'environment',
      message: expect.stringContaining(from),
      hint: 'Give a wheel of onnxruntime-gpu, or a Python environment that has it.',
    });
  });
});

describe("NVIDIA's libraries", () => {
  it('are loaded each behind what it rests on', () => {
    const names = [
      'libcublas.so.13',
      'libcublasLt.so.13',
      'libcudart.so.13',
      'libcudart.so',
      'libnvblas.so.13',
    ];
    const folder = newFolder({
      ...Object.fromEntries(names.map(name => [`cu13/${name}`, ''])),
      'cudnn/libcudnn.so.9': '',
      'cudnn/libcudnn_ops.so.9': '',
    });
    const found = cudaLibrariesIn([join(folder, 'cudnn'), join(folder, 'cu13'), join(folder, 'nothing')]);
    expect(found.map(path => basename(path))).toEqual([
      'libcudart.so.13',
      'libcublasLt.so.13',
      'libcublas.so.13',
      'libcudnn.so.9',
    ]);
  });

  it('that are missing are those that ldd does not find', () => {
    const output = [
      '\tlinux-vdso.so.1 (0x00007ffd)',
      '\tlibcublasLt.so.13 => not found',
      '\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f)',
      '\tlibcuda.so.1 => not found',
    ].join('\n');
    expect(parseLdd(output)).toEqual(['libcublasLt.so.13', 'libcuda.so.1']);
  });
});
