import { cpus } from 'node:os';
import { convolutionBlockSize } from './block-size.ts';
import { cpuDialect } from './dialect.ts';
import type { Provider } from './provider.ts';

/** The CPU, with this many threads. */
export function cpuProvider(threads: number): Provider {
  return {
    name: 'onnx:cpu',
    device: { name: cpus()[0]?.model ?? process.arch, kind: 'cpu' },
    threads,
    imagesAtOnce: 32,
    dialect: async () => cpuDialect(await convolutionBlockSize()),
    options: { executionProviders: ['cpu'], intraOpNumThreads: threads },
  };
}
