import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Failure } from '../failure.ts';
import { namesIn, packageFolders } from './python-packages.ts';

/** The parts of a TensorFlow that an addon is linked with. */
export interface TensorFlowFiles {
  /** The folder of the libraries. */
  readonly folder: string;
  /** The library with the C interface, then the one that it rests on. */
  readonly libraries: readonly [string, string];
  /** The folder that holds tensorflow/c/c_api.h; pip's packages bring one, Maven's do not. */
  readonly headers: string | undefined;
}

/** What `--from` names: files that are there as they are, or an archive to unpack. */
export type TensorFlowSource = { readonly files: TensorFlowFiles } | { readonly archive: string };

/** `libtensorflow_cc.so.2` and `libtensorflow.2.dylib`; not the bare names, which are links for compilers. */
const mainLibrary = /^libtensorflow(_cc)?\.(so\.\d+|\d+\.dylib)$/;
const frameworkLibrary = /^libtensorflow_framework\.(so\.\d+|\d+\.dylib)$/;

/**
 * Finds the TensorFlow that a path names: a Python environment or its interpreter, its folder of packages, a wheel, a
 * native jar of Maven's, or a folder with lib/ and include/. Throws a Failure of kind 'environment' that says what was
 * found instead.
 */
export async function findTensorFlow(from: string): Promise<TensorFlowSource> {
  const path = resolve(from);
  if (!existsSync(path)) {
    throw new Failure('environment', `Expected a TensorFlow at ${path}, found nothing there`, hint);
  }
  if (statSync(path).isDirectory()) return { files: filesIn(path) };
  if (/\.(whl|jar|zip)$/.test(path)) return { archive: path };
  if (/^python[\d.]*$/.test(basename(path))) return { files: filesIn(await packageOf(path)) };
  const unpack = /\.(tar|tgz|gz)$/.test(path) ? 'Unpack the archive and give its folder.' : hint;
  throw new Failure('environment', `Expected ${path} to be a folder, a wheel or a jar, got a file`, unpack);
}

/** Finds the libraries and headers below a folder, or says that `named` has none. Throws as `findTensorFlow`. */
export function filesIn(folder: string, named = folder): TensorFlowFiles {
  for (const candidate of candidates(folder)) {
    const names = namesIn(candidate);
    const main = names.find(name => mainLibrary.test(name));
    const framework = names.find(name => frameworkLibrary.test(name));
    if (main === undefined || framework === undefined) continue;
    const headers = [join(candidate, 'include'), join(dirname(candidate), 'include')];
    return {
      folder: candidate,
      libraries: [join(candidate, main), join(candidate, framework)],
      headers: headers.find(hasHeaders),
    };
  }
  if (candidates(folder).some(candidate => existsSync(join(candidate, 'python', 'pywrap_tensorflow.py')))) {
    throw new Failure(
      'environment',
      `Expected the TensorFlow in ${named} to have its C interface in a library, but it is older than 2.12`,
      'Install a newer one: pip install --upgrade tensorflow-cpu',
    );
  }
  throw new Failure('environment', `Expected a TensorFlow in ${named}, found no libtensorflow there`, hint);
}

const hint =
  'Give a Python environment with TensorFlow (python3 -m venv tf && tf/bin/pip install tensorflow-cpu, then --from ' +
  'tf), a wheel, a folder with libtensorflow, or the native jar of tensorflow-core.';

export const hasHeaders = (folder: string) => existsSync(join(folder, 'tensorflow', 'c', 'eager', 'c_api.h'));

/** The folders that may hold the libraries: the one given, those of a Python package, and lib/. */
const candidates = (folder: string): string[] => [
  folder,
  join(folder, 'tensorflow'),
  ...packageFolders(folder).map(packages => join(packages, 'tensorflow')),
  join(folder, 'lib'),
];

/** Asks an interpreter where its TensorFlow lies, without importing it. */
async function packageOf(python: string): Promise<string> {
  const question =
    'import importlib.util as u; s = u.find_spec("tensorflow"); print(s.submodule_search_locations[0] if s else "")';
  const answer = await promisify(execFile)(python, ['-c', question], { timeout: 60_000 }).catch(error => {
    throw new Failure('environment', `Expected ${python} to be a Python that runs, got: ${error.message}`);
  });
  const folder = answer.stdout.trim();
  if (folder !== '') return folder;
  throw new Failure(
    'environment',
    `Expected ${python} to have the package tensorflow, but it has not`,
    `${python} -m pip install tensorflow-cpu (or tensorflow[and-cuda] for a GPU)`,
  );
}
