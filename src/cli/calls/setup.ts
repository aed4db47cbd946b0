import { Failure } from '../../failure.ts';
import type { AddonVerdict } from '../../setup/addon-check.ts';
import { type InstalledProvider, setupCuda } from '../../setup/cuda.ts';
import { type LinkedTensorFlow, setupTensorFlow } from '../../setup/tensorflow.ts';
import { listenForInterrupts } from '../interrupt.ts';
import { print } from '../output.ts';

/** The call of `nern-sweep setup`. */
export interface SetupOptions {
  readonly what: 'tensorflow' | 'cuda';
  /** Where to take it from: an environment, an archive or a folder. */
  readonly from?: string | undefined;
  /** Of tensorflow: another source, for its C headers alone. */
  readonly headers?: string | undefined;
}

/**
 * Gives an engine the native library that it needs, and says what came of it. Returns the exit code. Throws a Failure
 * of kind 'environment', or 'spec' for a call that names no source.
 */
export async function setup(options: SetupOptions): Promise<number> {
  const { stop, dispose } = listenForInterrupts();
  try {
    write(await resultOf(options, stop));
    return 0;
  } catch (error) {
    if (!stop.aborted) throw error;
    tell('interrupted');
    return 130;
  } finally {
    dispose();
  }
}

async function resultOf({ what, from, headers }: SetupOptions, stop: AbortSignal): Promise<string[]> {
  if (what === 'cuda') return tellOfProvider(await setupCuda(from, tell, stop));
  if (from === undefined) {
    throw new Failure(
      'spec',
      'Expected --from to name a TensorFlow, got none',
      'For example: python3 -m venv tf && tf/bin/pip install tensorflow-cpu, then ' +
        '`nern-sweep setup tensorflow --from tf`.',
    );
  }
  return tellOfTensorFlow(await setupTensorFlow({ from, headers }, tell, stop));
}

/** What is going on is not the result. */
const tell = (line: string) => process.stderr.write(`${line}\n`);
const write = (lines: readonly string[]) => print(`${lines.join('\n')}\n`);

function tellOfTensorFlow({ manifest, folder, gpu }: LinkedTensorFlow): string[] {
  return [
    `TensorFlow ${manifest.tensorflow} is linked (${folder}).`,
    `  libraries     ${manifest.libraries}`,
    '  tfjs:node      computes right',
    `  tfjs:node-gpu  ${tellOfGpu(gpu)}`,
    'The libraries are used where they are: after they move or change, run this again.',
  ];
}

function tellOfGpu(gpu: AddonVerdict): string {
  if (gpu.works) return `computes right on ${gpu.device.name}`;
  return `not here: ${gpu.reason}${gpu.hint === undefined ? '' : `\n    ${gpu.hint}`}`;
}

function tellOfProvider({ version, folder, libraries, missing }: InstalledProvider): string[] {
  const lines = [`The CUDA provider of ONNX Runtime ${version} is in ${folder}.`];
  if (libraries.length > 0) lines.push(`NVIDIA's libraries are loaded from ${libraries.join(', ')}.`);
  if (missing.length === 0) return [...lines, '`nern-sweep doctor` tells whether it computes.'];
  return [
    ...lines,
    `This system has not all that it asks for: ${missing.join(', ')}.`,
    ...explainMissing(missing),
  ];
}

/** The provider's libraries carry the version of CUDA in their names. */
function explainMissing(missing: readonly string[]): string[] {
  const lines: string[] = [];
  const [, major] =
    missing.map(name => /^libcu(?:dart|blas|blasLt)\.so\.(\d+)$/.exec(name)).find(Boolean) ?? [];
  if (missing.includes('libcuda.so.1'))
    lines.push('  libcuda.so.1 comes with the NVIDIA driver: install it.');
  if (major !== undefined) {
    lines.push(
      `  It is made for CUDA ${major} with cuDNN 9: install them so that ldconfig lists them, or let pip bring them into the`,
      '  environment that you give as --from: pip install "onnxruntime-gpu[cuda,cudnn]" of the same version.',
    );
  }
  return lines;
}
