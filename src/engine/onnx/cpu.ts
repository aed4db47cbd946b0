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
    options: {
      executionProviders: ['cpu'],
      intraOpNumThreads: threads,
      // Each session has threads of its own. By default they go on spinning when a call is over, in the way of the next
      // session's: two that take turns, as a teacher and a step do, then take half as long again.
      extra: { session: { force_spinning_stop: '1' } },
    },
  };
}
