import { copyFile, cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import { execa } from 'execa';
import { addonFile, tfjsNodeFolder } from '../engine/tfjs/tensorflow-addon.ts';
import { Failure } from '../failure.ts';
import { inTemporaryFolder } from '../files/temporary.ts';
import { explainBuild } from './build-log.ts';
import type { TensorFlowFiles } from './tensorflow-source.ts';

/** What the addon is built from, beside the C++ of the package @tensorflow/tfjs-node-gpu. */
export interface AddonParts {
  readonly tensorflow: TensorFlowFiles;
  /** The folder with tensorflow/c/c_api.h. */
  readonly headers: string;
  /** The folder with include/node; undefined: node-gyp fetches one. */
  readonly node: string | undefined;
}

/**
 * Compiles the package's own C++ against a TensorFlow into `folder`, with node-gyp. It binds to Node-API, so that the
 * result serves later versions of Node.js too. Throws a Failure of kind 'environment' that says which part is missing,
 * and fails when `stop` ends it.
 */
export async function buildAddon(parts: AddonParts, folder: string, stop: AbortSignal): Promise<string> {
  const sources = tfjsNodeFolder();
  if (sources === undefined) {
    throw new Failure(
      'environment',
      'Expected the package @tensorflow/tfjs-node-gpu, whose C++ is to be compiled, but it is not installed',
      'npm install --ignore-scripts @tensorflow/tfjs-node-gpu',
    );
  }
  // Not in `folder`, and its parts by links: make takes a space in a path for the end of it.
  return inTemporaryFolder(async workshop => {
    await cp(join(sources, 'binding'), join(workshop, 'binding'), { recursive: true });
    await symlink(resolve(parts.headers), join(workshop, 'include'));
    await mkdir(join(workshop, 'lib'));
    for (const library of parts.tensorflow.libraries) {
      await symlink(library, join(workshop, 'lib', basename(library)));
    }
    await writeFile(join(workshop, 'binding.gyp'), bindingGyp(parts.tensorflow));
    await writeFile(join(workshop, 'package.json'), '{}');
    await runNodeGyp(workshop, parts.node, stop);
    const addon = join(folder, addonFile);
    await mkdir(folder, { recursive: true });
    await copyFile(join(workshop, 'build', 'Release', addonFile), addon);
    return addon;
  });
}

/**
 * The package's own description of the build names a `libtensorflow` in a folder of its own; this one names the
 * libraries where they are, also as the place to look for them when they are loaded. All functions are bound at once:
 * one that TensorFlow lacks is then told by the check and not in the middle of a run.
 */
export function bindingGyp({ folder, libraries }: TensorFlowFiles): string {
  // gyp hands these words to make and make to a shell, as they are.
  const rpath = `-Wl,-rpath,${folder.replace(/[ ()'&;]/g, '\\$&')}`;
  const target = {
    target_name: 'tfjs_binding',
    sources: ['binding/tfjs_backend.cc', 'binding/tfjs_binding.cc'],
    include_dirs: ['include'],
    defines: ['NAPI_VERSION=8'],
    libraries: libraries.map(library => `<(module_root_dir)/lib/${basename(library)}`),
    ldflags: [rpath, '-Wl,-z,now'],
    xcode_settings: { OTHER_LDFLAGS: [rpath, '-Wl,-bind_at_load'] },
  };
  return JSON.stringify({ targets: [target] }, null, 2);
}

async function runNodeGyp(workshop: string, nodedir: string | undefined, stop: AbortSignal): Promise<void> {
  stop.throwIfAborted();
  const nodeGyp = createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js');
  const where = nodedir === undefined ? [] : [`--nodedir=${nodedir}`];
  // In a group of its own, which make and the compilers belong to: they are to end with it.
  const building = execa(process.execPath, [nodeGyp, 'rebuild', '--directory', workshop, ...where], {
    all: true,
    reject: false,
    stdin: 'ignore',
    detached: true,
  });
  const end = () => {
    try {
      process.kill(-building.pid!, 'SIGKILL');
    } catch {
      // It has ended, or never began.
    }
  };
  stop.addEventListener('abort', end);
  try {
    const { exitCode, all } = await building;
    if (exitCode !== 0) throw explainBuild(all);
  } finally {
    stop.removeEventListener('abort', end);
  }
}
