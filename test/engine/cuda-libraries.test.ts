import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { newFolder } from '../support/files.ts';

/** A library that is on every machine, small enough, and no addon. */
const library = resolve(
  'node_modules/onnxruntime-node/bin/napi-v6/linux',
  process.arch,
  'libonnxruntime.so.1',
);

describe.runIf(process.platform === 'linux')("NVIDIA's libraries", () => {
  const load = (engines: string) =>
    execFileSync(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { readFileSync } from 'node:fs';
         import { loadCudaLibraries } from '${pathToFileURL(resolve('dist/engine/cuda-libraries.js'))}';
         loadCudaLibraries();
         console.log(readFileSync('/proc/self/maps', 'utf8'));`,
      ],
      { env: { ...process.env, NERN_SWEEP_ENGINES: engines }, encoding: 'utf8' },
    );

  it('that setup found stay in the process', () => {
    const engines = newFolder();
    const folder = join(engines, 'nvidia');
    mkdirSync(folder);
    symlinkSync(library, join(folder, 'libcudart.so.13'));
    writeFileSync(join(folder, 'libcublas.so.13'), 'damaged');
    expect(load(engines)).not.toContain('libonnxruntime');
    mkdirSync(join(engines, 'cuda'));
    writeFileSync(join(engines, 'cuda', 'manifest.json'), JSON.stringify({ format: 1, libraries: [folder] }));
    expect(load(engines)).toContain('libonnxruntime');
  });
});
