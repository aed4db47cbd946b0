import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findTensorFlow } from '../../src/setup/tensorflow-source.ts';
import { newFolder } from '../support/files.ts';
import { tensorFlowAt } from './files-of-tensorflow.ts';

const packages = 'lib/python3.12/site-packages/';

describe('a TensorFlow is found', () => {
  const layouts: [string, string, Record<string, string>, string][] = [
    ['in a Python environment', '', tensorFlowAt(`${packages}tensorflow/`), `${packages}tensorflow`],
    ['in a folder of packages', packages, tensorFlowAt(`${packages}tensorflow/`), `${packages}tensorflow`],
    [
      'in its package',
      `${packages}tensorflow`,
      tensorFlowAt(`${packages}tensorflow/`),
      `${packages}tensorflow`,
    ],
    [
      "in Debian's packages",
      '',
      tensorFlowAt('local/lib/python3.11/dist-packages/tensorflow/'),
      'local/lib/python3.11/dist-packages/tensorflow',
    ],
    ['in a folder with lib/ and include/', '', tensorFlowAt('lib/', 'include/'), 'lib'],
  ];
  it.each(layouts)('%s', async (_, from, files, expected) => {
    const folder = newFolder(files);
    const libraries = join(folder, expected);
    expect(await findTensorFlow(join(folder, from))).toEqual({
      files: {
        folder: libraries,
        libraries: [
          join(libraries, 'libtensorflow_cc.so.2'),
          join(libraries, 'libtensorflow_framework.so.2'),
        ],
        headers: expected === 'lib' ? join(folder, 'include') : join(libraries, 'include'),
      },
    });
  });

  it('under the name that it has where it was built for C alone', async () => {
    const folder = newFolder({
      'lib/libtensorflow.so': '',
      'lib/libtensorflow.so.2': '',
      'lib/libtensorflow.so.2.15.0': '',
      'lib/libtensorflow_framework.so.2': '',
    });
    expect(await findTensorFlow(folder)).toEqual({
      files: {
        folder: join(folder, 'lib'),
        libraries: [join(folder, 'lib/libtensorflow.so.2'), join(folder, 'lib/libtensorflow_framework.so.2')],
        headers: undefined,
      },
    });
  });

  it.skipIf(process.platform === 'win32')('by an interpreter, wherever its packages are', async () => {
    const folder = newFolder(tensorFlowAt('elsewhere/tensorflow/'));
    const found = join(folder, 'elsewhere/tensorflow');
    const python = join(newFolder({ python3: `#!/bin/sh\necho ${found}\n` }), 'python3');
    chmodSync(python, 0o755);
    expect(await findTensorFlow(python)).toMatchObject({ files: { folder: found } });
  });

  it('in an archive, which is to be unpacked', async () => {
    const folder = newFolder({ 'tensorflow_cpu-2.21.0.whl': '', 'tensorflow-core-native.jar': '' });
    for (const name of ['tensorflow_cpu-2.21.0.whl', 'tensorflow-core-native.jar']) {
      expect(await findTensorFlow(join(folder, name))).toEqual({ archive: join(folder, name) });
    }
  });
});

describe('what is no TensorFlow is told as', () => {
  it('nothing there', async () => {
    await expect(findTensorFlow('/no/such/place')).rejects.toThrow('found nothing there');
  });

  it('a folder without it', async () => {
    const folder = newFolder({ [`${packages}numpy/__init__.py`]: '' });
    await expect(findTensorFlow(folder)).rejects.toMatchObject({
      kind: 'environment',
      message: `Expected a TensorFlow in ${folder}, found no libtensorflow there`,
      hint: expect.stringContaining('pip install tensorflow-cpu'),
    });
  });

  it('one that is too old', async () => {
    const folder = newFolder({ [`${packages}tensorflow/python/pywrap_tensorflow.py`]: '' });
    await expect(findTensorFlow(folder)).rejects.toThrow('older than 2.12');
  });

  it.skipIf(process.platform === 'win32')('an interpreter that has none', async () => {
    const python = join(newFolder({ python3: '#!/bin/sh\necho\n' }), 'python3');
    chmodSync(python, 0o755);
    await expect(findTensorFlow(python)).rejects.toMatchObject({
      message: `Expected ${python} to have the package tensorflow, but it has not`,
    });
  });

  it('an archive of another kind', async () => {
    const archive = join(newFolder({ 'libtensorflow.tar.gz': '' }), 'libtensorflow.tar.gz');
    await expect(findTensorFlow(archive)).rejects.toMatchObject({
      hint: 'Unpack the archive and give its folder.',
    });
  });
});
