import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Failure } from '../../failure.ts';
import { enginesFolder } from '../engines-folder.ts';

/** What links TensorFlow.js to a TensorFlow of this machine. */
export interface Addon {
  /** The addon's file. */
  readonly path: string;
  /** The folder of the TensorFlow libraries that it was linked with, where that is known. */
  readonly libraries?: string;
}

/** What `nern-sweep setup tensorflow` writes down about the addon that it built. */
export interface AddonManifest {
  readonly format: 1;
  /** The addon's file, relative to the manifest's folder. */
  readonly addon: string;
  /** TensorFlow's version, as its library tells it. */
  readonly tensorflow: string;
  readonly libraries: string;
  /** What was given as `--from`. */
  readonly source: string;
  /** The Node.js that built it; it works in later ones too. */
  readonly node: string;
}

export const addonFile = 'tfjs_binding.node';

const require = createRequire(import.meta.url);

/** The folder of what `nern-sweep setup tensorflow` made; its manifest.json names the build in use. */
export const tensorFlowFolder = (environment?: NodeJS.ProcessEnv) =>
  join(enginesFolder(environment), 'tensorflow');

/** The addon that setup built, else the one that the package's own installation left; undefined without either. */
export function findAddon(environment?: NodeJS.ProcessEnv): Addon | undefined {
  const folder = tensorFlowFolder(environment);
  const manifest = readManifest(join(folder, 'manifest.json'));
  if (manifest) return { path: join(folder, manifest.addon), libraries: manifest.libraries };
  return packagedAddon();
}

function readManifest(path: string): AddonManifest | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const manifest: Partial<AddonManifest> = JSON.parse(readFileSync(path, 'utf8'));
    if (manifest.format === 1 && typeof manifest.addon === 'string') return manifest as AddonManifest;
  } catch {
    // Told below, as what is no manifest of this format is.
  }
  throw new Failure(
    'environment',
    `Expected ${path} to describe a TensorFlow that setup linked, but it cannot be read as such`,
    'Run `nern-sweep setup tensorflow --from ...` again.',
  );
}

/** The package's installation leaves an addon for each level of Node-API that it was built for. */
function packagedAddon(): Addon | undefined {
  const root = tfjsNodeFolder();
  const lib = root === undefined ? undefined : join(root, 'lib');
  if (lib === undefined || !existsSync(lib)) return undefined;
  const level = (folder: string) => Number(folder.replace('napi-v', ''));
  const found = readdirSync(lib)
    .filter(folder => folder.startsWith('napi-v'))
    .sort((a, b) => level(b) - level(a))
    .map(folder => join(lib, folder, addonFile))
    .find(path => existsSync(path));
  return found === undefined ? undefined : { path: found };
}

/** The folder of the installed package whose JavaScript and C++ the addon belongs to; undefined without it. */
export function tfjsNodeFolder(): string | undefined {
  try {
    return dirname(require.resolve('@tensorflow/tfjs-node-gpu/package.json'));
  } catch {
    return undefined;
  }
}
