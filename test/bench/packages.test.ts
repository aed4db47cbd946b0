import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isNeeded, runtimePackages } from '../../bench/gpu/packages.ts';

describe('a pack', () => {
  it('takes the libraries of linux-x64 alone', () => {
    const native = 'onnxruntime-node/bin/napi-v6';
    expect(isNeeded(`${native}/linux/x64/libonnxruntime.so.1`)).toBe(true);
    expect(isNeeded(`${native}/linux/arm64/libonnxruntime.so.1`)).toBe(false);
    expect(isNeeded(`${native}/win32/x64/DirectML.dll`)).toBe(false);
    expect(isNeeded('webgpu/dist/linux-x64/dawn.node')).toBe(true);
    expect(isNeeded('webgpu/dist/darwin-universal/dawn.node')).toBe(false);
  });

  it('takes what Node loads, and no types, maps, tests or bundles for browsers', () => {
    const core = '@tensorflow/tfjs-core/dist';
    expect(isNeeded(`${core}/tf-core.node.js`)).toBe(true);
    expect(isNeeded(`${core}/ops/add.js`)).toBe(true);
    expect(isNeeded('yaml/dist/doc/Document.js')).toBe(true);
    for (const file of ['tf-core.node.js.map', 'index.d.ts', 'engine_test.js', 'tf-core.min.js'])
      expect(isNeeded(`${core}/${file}`), file).toBe(false);
  });

  it('follows dependencies to where they are installed, and leaves out what is only for building', () => {
    const packages = runtimePackages('.');
    const names = packages.map(folder => basename(folder));
    expect(names).toEqual(
      expect.arrayContaining(['onnxruntime-node', 'onnxruntime-common', 'execa', 'webgpu', 'tfjs-core']),
    );
    for (const name of ['node-gyp', 'tfjs-node-gpu', 'typescript', 'vitest'])
      expect(names, name).not.toContain(name);
    expect(packages.filter(folder => folder.includes('@types/'))).toEqual([]);
    expect(new Set(packages).size).toBe(packages.length);
  });
});
