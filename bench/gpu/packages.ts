import { existsSync, readFileSync } from 'node:fs';
import { cp, readdir } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** For building alone, or with libraries larger than a pack may be. */
const leftOut = ['node-gyp', '@tensorflow/tfjs-node-gpu'];

/** Declarations of types: nothing of them runs. */
const isTypes = (name: string) => name.startsWith('@types/') || name === '@webgpu/types';

const manifestOf = (folder: string) =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

const dependenciesOf = (folder: string) => {
  const { dependencies, optionalDependencies } = manifestOf(folder);
  return Object.keys({ ...dependencies, ...optionalDependencies }).filter(
    name => !isTypes(name) && !leftOut.includes(name),
  );
};

/** Where Node finds a package that a file in `folder` imports; undefined when it is not installed. */
function locate(name: string, folder: string): string | undefined {
  for (let parent = folder; ; parent = dirname(parent)) {
    const found = join(parent, 'node_modules', name);
    if (existsSync(join(found, 'package.json'))) return found;
    if (parent === dirname(parent)) return undefined;
  }
}

/** The folders of all packages that those in `root` need at run time, themselves included. */
export function runtimePackages(root: string): string[] {
  const found = new Set<string>();
  const visit = (folder: string) => {
    for (const name of dependenciesOf(folder)) {
      const package_ = locate(name, folder);
      if (!package_ || found.has(package_)) continue;
      found.add(package_);
      visit(package_);
    }
  };
  visit(root);
  return [...found];
}

/** What Node never reads on linux-x64: other platforms' libraries, sources, types, maps, tests, bundles for browsers. */
const unused = [
  /\.(map|ts|mts|cts|tsx|md|flow|html|TXT)$/,
  /(^|\/)(docs|tests?|__tests__|examples?|miniprogram|\.github)\//,
  /_test\.js$/,
  /\.(min|fesm|fesm\.min|es2017|es2017\.min)\.js$/,
  /^onnxruntime-node\/bin\/napi-v\d+\/(?!linux\/x64\/)/,
  /^onnxruntime-node\/script\//,
  /^webgpu\/(build|dist\/(?!linux-x64\/))/,
];

/** Whether a file of an installed package, its path given from node_modules on, is needed in a pack. */
export const isNeeded = (path: string) => !unused.some(pattern => pattern.test(path));

/** Copies what is needed of packages to the same places below another root. */
export async function copyPackages(folders: readonly string[], root: string, to: string): Promise<void> {
  for (const folder of folders) {
    const files = await readdir(folder, { recursive: true, withFileTypes: true });
    for (const file of files) {
      if (!file.isFile()) continue;
      const path = relative(root, join(file.parentPath, file.name));
      const inPackage = relative(folder, join(file.parentPath, file.name));
      // Packages inside of this one are on the list themselves, where they are needed.
      if (inPackage.startsWith('node_modules')) continue;
      if (isNeeded(path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)))
        await cp(join(root, path), join(to, path));
    }
  }
}
