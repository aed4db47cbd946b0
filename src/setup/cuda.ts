import { copyFile, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { execa } from 'execa';
import { type CudaManifest, cudaManifest } from '../engine/cuda-libraries.ts';
import { Failure } from '../failure.ts';
import { cannotWrite, writeJsonAtomic } from '../files/atomic.ts';
import { inTemporaryFolder } from '../files/temporary.ts';
import { findProvider, providerFiles } from './cuda-source.ts';
import { missingLibraries } from './missing-libraries.ts';

/** What was installed. */
export interface InstalledProvider {
  readonly version: string;
  /** The folder that it was put into: that of ONNX Runtime's binding, the only one where it looks. */
  readonly folder: string;
  /** Folders of NVIDIA's libraries that the source brought. */
  readonly libraries: readonly string[];
  /** The libraries that the provider asks for and this system has not. */
  readonly missing: readonly string[];
}

/**
 * Installs ONNX Runtime's CUDA provider for the engine `onnx:cuda`: from a wheel of onnxruntime-gpu, a package of NuGet,
 * a Python environment or a folder of the same version; without `from`, by the package's own installer, which fetches
 * it. Throws a Failure of kind 'environment', and fails when `stop` ends it.
 */
export async function setupCuda(
  from: string | undefined,
  tell: (line: string) => void,
  stop: AbortSignal,
): Promise<InstalledProvider> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Failure(
      'environment',
      `Expected Linux on x64, for which ONNX Runtime's CUDA provider is made, got ${process.platform} on ${process.arch}`,
      'Use the GPU through `onnx:webgpu`.',
    );
  }
  const root = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  const folder = join(root, 'bin', 'napi-v6', process.platform, process.arch);
  const libraries = from === undefined ? [] : await installFrom(from, version, folder, tell, stop);
  if (from === undefined) await runInstaller(root, tell, stop);
  const manifest: CudaManifest = { format: 1, libraries };
  await writeJsonAtomic(cudaManifest(), manifest);
  const missing = await missingLibraries(join(folder, providerFiles[0]), libraries);
  return { version, folder, libraries, missing };
}

/** Copies the provider beside the binding and returns the folders of NVIDIA's libraries that came along. */
async function installFrom(
  from: string,
  version: string,
  folder: string,
  tell: (line: string) => void,
  stop: AbortSignal,
): Promise<readonly string[]> {
  return inTemporaryFolder(async workshop => {
    const provider = await findProvider(from, workshop, stop);
    if (provider.version !== version) {
      throw new Failure(
        'environment',
        `Expected ${from} to hold ONNX Runtime ${version}, as onnxruntime-node is, got ${provider.version ?? 'no version'}`,
        `pip download --no-deps onnxruntime-gpu==${version}`,
      );
    }
    stop.throwIfAborted();
    tell(`copying the provider to ${folder}`);
    for (const file of provider.files) await replaceFile(file, join(folder, basename(file)));
    return provider.libraries;
  });
}

/** A process that has the old file open keeps it. */
async function replaceFile(from: string, to: string): Promise<void> {
  const temporary = `${to}.${process.pid}.tmp`;
  try {
    await copyFile(from, temporary);
    await rename(temporary, to);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw cannotWrite(to, error);
  }
}

async function runInstaller(root: string, tell: (line: string) => void, stop: AbortSignal): Promise<void> {
  tell("running onnxruntime-node's own installer, which fetches some 200 MB");
  const script = [join(root, 'script', 'install.js'), '--onnxruntime-node-install=cuda12'];
  const { exitCode, all } = await inTemporaryFolder(workshop =>
    execa(process.execPath, script, {
      ...{ cwd: root, all: true, reject: false, stdin: 'ignore', cancelSignal: stop },
      // It leaves what it fetches among the temporary files.
      env: { TMPDIR: workshop, TEMP: workshop, TMP: workshop },
    }),
  );
  if (exitCode === 0) return;
  const reason = all.split('\n').find(line => /Error|EACCES|ENO/.test(line)) ?? all.trim().split('\n').at(-1);
  throw new Failure(
    'environment',
    `Expected onnxruntime-node's installer to fetch the CUDA provider, got: ${reason?.trim()}`,
    'Where its host cannot be reached: pip download --no-deps onnxruntime-gpu of the same version, then ' +
      '`nern-sweep setup cuda --from THAT-WHEEL`.',
  );
}
