import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { Failure } from '../failure.ts';
import { packageFolders } from './python-packages.ts';
import { unpack } from './unpack.ts';

/** ONNX Runtime's CUDA provider and what it needs of ONNX Runtime; the first is the provider itself. */
export const providerFiles = [
  'libonnxruntime_providers_cuda.so',
  'libonnxruntime_providers_shared.so',
] as const;

/** A CUDA provider that was found. */
export interface ProviderSource {
  readonly files: readonly string[];
  /** The version of ONNX Runtime that it is part of, where its surroundings tell. */
  readonly version: string | undefined;
  /** The folders of NVIDIA's libraries beside it. */
  readonly libraries: readonly string[];
}

const hint = 'Give a wheel of onnxruntime-gpu, or a Python environment that has it.';

/**
 * Finds the provider in a wheel, in a package of NuGet, in a Python environment or in a folder; archives are unpacked
 * into `workshop`. Throws a Failure of kind 'environment'.
 */
export async function findProvider(
  from: string,
  workshop: string,
  stop: AbortSignal,
): Promise<ProviderSource> {
  const path = resolve(from);
  if (!existsSync(path)) {
    throw new Failure('environment', `Expected a CUDA provider at ${path}, found nothing there`, hint);
  }
  if (statSync(path).isDirectory()) return providerIn(path, path);
  if (!/\.(whl|nupkg|zip)$/.test(path)) {
    throw new Failure(
      'environment',
      `Expected ${path} to be a wheel, a NuGet package or a folder, got a file`,
      hint,
    );
  }
  const place = (name: string) => {
    const file = basename(name);
    return isProviderFile(file) || versionOf(file) !== undefined ? file : undefined;
  };
  await unpack(path, workshop, place, stop);
  const found = providerIn(workshop, path);
  return { ...found, version: found.version ?? /[-.](\d+\.\d+\.\d+)[-.]/.exec(basename(path))?.[1] };
}

/** `path` is what was given, for people. */
function providerIn(folder: string, path: string): ProviderSource {
  const packages = [folder, ...packageFolders(folder)];
  for (const base of packages) {
    for (const place of [base, join(base, 'onnxruntime', 'capi'), join(base, 'lib')]) {
      const files = providerFiles.map(file => join(place, file));
      if (!files.every(file => existsSync(file))) continue;
      const version = readdirSync(place).map(versionOf).find(Boolean);
      return { files, version, libraries: nvidiaFolders(base) };
    }
  }
  throw new Failure('environment', `Expected ${providerFiles.join(' and ')} in ${path}, found none`, hint);
}

const isProviderFile = (file: string) => providerFiles.some(name => name === file);

/** `libonnxruntime.so.1.30.0` lies beside the provider. */
const versionOf = (file: string) => /^libonnxruntime\.so\.(\d+\.\d+\.\d+)$/.exec(file)?.[1];

/** pip puts NVIDIA's libraries into nvidia/<component>/lib beside the package. */
function nvidiaFolders(base: string): string[] {
  const root = join(base, 'nvidia');
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .sort()
    .map(component => join(root, component, 'lib'))
    .filter(folder => existsSync(folder));
}
