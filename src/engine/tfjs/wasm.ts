import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { Failure } from '../../failure.ts';
import type { EngineOrder } from '../order.ts';
import { type Backend, libraryFailure, loadPackage, replaceKernels, useBackend } from './backend.ts';
import { wasmKernels } from './wasm-kernels.ts';

/** The compiled module as the backend takes it, and what the package's types do not say of it. */
type Module = ConstructorParameters<typeof BackendWasm>[0] & {
  cwrap(name: string, result: 'number' | null, parameters: readonly 'number'[]): unknown;
  _malloc(bytes: number): number;
  _free(address: number): void;
  /** Of the variant with threads. */
  readonly PThread?: { readonly runningWorkers: Worker[]; readonly unusedWorkers: Worker[] };
};

const library = '@tensorflow/tfjs-backend-wasm';

/** The compiled module starts its threads out of a pool of this size. */
const largestPool = 8;

const registeredAs = 'wasm';

/** WebAssembly with SIMD, on as many threads as are wanted and the pool has. */
export async function openWasm({ threads: wanted }: EngineOrder): Promise<Backend> {
  const wasm = await loadPackage(library, () => import('@tensorflow/tfjs-backend-wasm'));
  const threads = Math.min(wanted, largestPool);
  let complaint: string | undefined;
  const complain = (line: string) => {
    complaint ??= line.trim() || undefined;
  };
  const module = await withProcessors(2 * threads, () =>
    instantiate(threads > 1 ? 'threaded-simd' : 'simd', complain),
  );
  wasm.setThreadsCount(threads);
  await replaceKernels(wasmKernels);
  const giveBack = await useBackend(registeredAs, new wasm.BackendWasm(module));
  await release(module.PThread?.unusedWorkers);
  // They wait for work, which is no reason for a process to go on.
  for (const worker of module.PThread?.runningWorkers ?? []) worker.unref();
  return {
    registeredAs,
    versions: { [library]: wasm.version_wasm },
    threads: wasm.getThreadsCount(),
    device: { name: cpus()[0]?.model ?? process.arch, kind: 'cpu' },
    imagesAtOnce: 32,
    strengths: new Set(['inner products']),
    failure: libraryFailure,
    trouble: program => (complaint === undefined ? undefined : complaintFailure(program, complaint)),
    async dispose() {
      giveBack();
      await release(module.PThread?.runningWorkers);
    },
  };
}

/** Ends workers. The module starts a whole pool of them, whatever is wanted. */
async function release(workers: Worker[] = []): Promise<void> {
  await Promise.all(workers.splice(0).map(worker => worker.terminate()));
}

/** The module takes one thread for two processors that it counts when it is started, however many are wanted. */
async function withProcessors<Result>(count: number, start: () => Promise<Result>): Promise<Result> {
  const os: typeof import('node:os') = createRequire(import.meta.url)('node:os');
  const before = os.cpus;
  os.cpus = () => Array(count).fill(before()[0]);
  try {
    return await start();
  } finally {
    os.cpus = before;
  }
}

/**
 * The compiled module with the functions that the backend calls by name. The package itself runs one thread in Node,
 * because it gives its workers their script as a browser takes it; as a `data:` URL, Node takes it too.
 */
async function instantiate(
  variant: 'simd' | 'threaded-simd',
  complain: (line: string) => void,
): Promise<Module> {
  const require = createRequire(import.meta.url);
  const folder = join(dirname(require.resolve(`${library}/package.json`)), 'wasm-out');
  const binary = `tfjs-backend-wasm-${variant}.wasm`;
  // The script of the plain variant is that of SIMD without threads too.
  const script = variant === 'simd' ? 'tfjs-backend-wasm' : `tfjs-backend-wasm-${variant}`;
  const worker: { wasmWorkerContents?: string } = require(join(folder, `${script}.worker.js`));
  const create: (settings: object) => Promise<Module> = require(join(folder, `${script}.js`));
  const listeners = rejectionListeners();
  const module = await create({
    printErr: complain,
    locateFile: (file: string) =>
      file.endsWith('.worker.js') ? scriptUrl(worker.wasmWorkerContents ?? '') : join(folder, binary),
  });
  // It listens for errors that are none of its business, and throws them again from elsewhere.
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    for (const listener of process.listeners(event as 'uncaughtException')) {
      if (!listeners.has(listener)) process.removeListener(event, listener);
    }
  }
  // The first call replaces the function by the one that it stands for.
  module._free(module._malloc(1));
  const allocate = module._malloc;
  return Object.assign(module, {
    // The backend does not look at what it gets, and writes over the start of the memory.
    _malloc(bytes: number) {
      // It would take the number modulo 2^32.
      const address = bytes < 2 ** 32 ? allocate(bytes) : 0;
      if (address === 0) throw new Error(`out of memory for a tensor of ${bytes} bytes`);
      return address;
    },
    tfjs: {
      init: module.cwrap('init', null, []),
      initWithThreadsCount: module.cwrap('init_with_threads_count', null, ['number']),
      getThreadsCount: module.cwrap('get_threads_count', 'number', []),
      registerTensor: module.cwrap('register_tensor', null, ['number', 'number', 'number']),
      disposeData: module.cwrap('dispose_data', null, ['number']),
      dispose: module.cwrap('dispose', null, []),
    },
  });
}

/** What the kernels cannot do they print, and go on; 6 is XNNPACK's status for want of memory. */
function complaintFailure(program: string, complaint: string): Failure {
  const reason = complaint.replace(/Got status 6\b.*/, 'It is out of memory.');
  return libraryFailure(program, new Error(reason));
}

const rejectionListeners = () =>
  new Set<unknown>([...process.listeners('uncaughtException'), ...process.listeners('unhandledRejection')]);

/**
 * A CommonJS script as a module that Node's workers can start from. The package keeps it in a template literal, which
 * has turned the escapes in its string literals into line breaks; there are no others.
 */
function scriptUrl(script: string): URL {
  const head = `import { createRequire } from 'node:module'; const require = createRequire('file:///'); const __filename = '/';`;
  return new URL(`data:text/javascript,${encodeURIComponent(head + script.replaceAll('\n', '\\n'))}`);
}
