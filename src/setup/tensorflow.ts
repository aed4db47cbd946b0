import { randomUUID } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { basename, join, resolve, sep } from 'node:path';
import { type AddonManifest, addonFile, tensorFlowFolder } from '../engine/tfjs/tensorflow-addon.ts';
import { Failure } from '../failure.ts';
import { makeFolder, writeJsonAtomic } from '../files/atomic.ts';
import { buildAddon } from './addon-build.ts';
import { type AddonVerdict, checkAddon } from './addon-check.ts';
import { refuseOtherProcessor } from './machine-code.ts';
import { nodeHeaders } from './node-headers.ts';
import { filesIn, findTensorFlow, hasHeaders, type TensorFlowFiles } from './tensorflow-source.ts';
import { unpack } from './unpack.ts';

/** Which TensorFlow to link. */
export interface TensorFlowOrder {
  /** A Python environment, a wheel, a folder or a native jar. */
  readonly from: string;
  /** Another one, whose headers to take where `from` has none. */
  readonly headers: string | undefined;
}

/** What was linked. */
export interface LinkedTensorFlow {
  readonly manifest: AddonManifest;
  readonly folder: string;
  /** What it did on the GPU of this machine. */
  readonly gpu: AddonVerdict;
}

/**
 * Builds TensorFlow.js' addon against a TensorFlow, tries it, and makes it the one that the engines `tfjs:node` and
 * `tfjs:node-gpu` load; one that fails leaves the one before in use. `tell` hears what is being done. Throws a Failure
 * of kind 'environment' that says what is missing and how to get it, and fails when `stop` ends it.
 */
export async function setupTensorFlow(
  order: TensorFlowOrder,
  tell: (line: string) => void,
  stop: AbortSignal,
): Promise<LinkedTensorFlow> {
  if (process.platform !== 'linux' && process.platform !== 'darwin') {
    throw new Failure(
      'environment',
      `Expected Linux or macOS to link a TensorFlow on, got \`${process.platform}\``,
      'Let the package fetch its own: npm rebuild @tensorflow/tfjs-node-gpu',
    );
  }
  const folder = tensorFlowFolder();
  const build = join(folder, randomUUID());
  await makeFolder(build);
  const manifest = await link(order, build, tell, stop).catch(async error => {
    await rm(build, { recursive: true, force: true });
    throw error;
  });
  await writeJsonAtomic(join(folder, 'manifest.json'), manifest);
  await removeOthers(folder, [build, manifest.libraries]);
  const addon = { path: join(folder, manifest.addon), libraries: manifest.libraries };
  return { manifest, folder, gpu: await checkAddon(addon, 'tfjs:node-gpu', stop) };
}

/** Builds an addon in a folder and tries it. */
async function link(
  order: TensorFlowOrder,
  build: string,
  tell: (line: string) => void,
  stop: AbortSignal,
): Promise<AddonManifest> {
  const tensorflow = await obtain(order.from, join(build, 'tensorflow'), tell, stop);
  for (const library of tensorflow.libraries) await refuseOtherProcessor(library);
  const headers = tensorflow.headers ?? (await headersOf(order, join(build, 'headers'), tell, stop));
  tell(`compiling against ${tensorflow.folder}`);
  const path = await buildAddon({ tensorflow, headers, node: nodeHeaders() }, build, stop);
  tell('checking what it computes');
  const verdict = await checkAddon({ path, libraries: tensorflow.folder }, 'tfjs:node', stop);
  stop.throwIfAborted();
  if (!verdict.works) throw new Failure('environment', verdict.reason, verdict.hint);
  return {
    format: 1,
    addon: join(basename(build), addonFile),
    tensorflow: verdict.tensorflow,
    libraries: tensorflow.folder,
    source: resolve(order.from),
    node: process.version,
  };
}

/** The files of a source; those of an archive are unpacked into `folder`. */
async function obtain(
  from: string,
  folder: string,
  tell: (line: string) => void,
  stop: AbortSignal,
): Promise<TensorFlowFiles> {
  const source = await findTensorFlow(from);
  if ('files' in source) return source.files;
  tell(`unpacking ${source.archive}`);
  await unpack(source.archive, folder, name => placeOfLibrary(name) ?? placeOfHeader(name), stop);
  return filesIn(folder, source.archive);
}

/** The path that a library in a wheel or a jar is unpacked to; undefined for other files. */
export function placeOfLibrary(name: string): string | undefined {
  const [, file] = /(?:^|\/)(libtensorflow(?:_cc|_framework)?\.(?:so\.\d+|\d+\.dylib))$/.exec(name) ?? [];
  return file === undefined ? undefined : `lib/${file}`;
}

/** The path that a header of the C interface in a wheel is unpacked to; undefined for other files. */
export function placeOfHeader(name: string): string | undefined {
  const folders = 'tensorflow\\/(?:c|core\\/platform|tsl)|xla\\/tsl|tsl';
  return new RegExp(`^tensorflow\\/(include\\/(?:${folders})\\/.*\\.h)$`).exec(name)?.[1];
}

/** The headers to compile with where the source of the libraries has none; those of an archive go into `folder`. */
async function headersOf(
  { from, headers }: TensorFlowOrder,
  folder: string,
  tell: (line: string) => void,
  stop: AbortSignal,
): Promise<string> {
  const hint =
    'Give a Python environment or wheel of the same version of TensorFlow as --headers; pip download --no-deps ' +
    'tensorflow-cpu==VERSION gets a wheel without installing it.';
  if (headers === undefined) {
    throw new Failure('environment', `Expected C headers beside the TensorFlow in ${from}, found none`, hint);
  }
  const source = await findTensorFlow(headers);
  if ('archive' in source) {
    tell(`unpacking the headers of ${source.archive}`);
    await unpack(source.archive, folder, placeOfHeader, stop);
  }
  const found = 'archive' in source ? join(folder, 'include') : source.files.headers;
  if (found !== undefined && hasHeaders(found)) return found;
  throw new Failure('environment', `Expected C headers in ${headers}, found none`, hint);
}

/** Builds that were in use before or never got there, but for what is still used; who has loaded one keeps it. */
async function removeOthers(folder: string, used: readonly string[]): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !used.some(other => `${other}${sep}`.startsWith(`${path}${sep}`))) {
      await rm(path, { recursive: true, force: true });
    }
  }
}
