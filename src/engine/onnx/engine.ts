import type { InferenceSession } from 'onnxruntime-node';
import ort from 'onnxruntime-node';
import { Failure } from '../../failure.ts';
import type { Engine, Executable, Feeds, Program } from '../../graph/program.ts';
import type { Tensor } from '../../graph/tensor.ts';
import type { Value } from '../../graph/value.ts';
import type { EngineOrder } from '../open.ts';
import { cpuProvider } from './cpu.ts';
import { cudaProvider } from './cuda.ts';
import { lower, outputPort } from './lower.ts';
import { encodeModel } from './model.ts';
import type { Provider } from './provider.ts';
import { webgpuProvider } from './webgpu.ts';

/**
 * Opens the engine of this library that is asked for. Throws a Failure of kind 'environment' where its provider or its
 * device is missing.
 */
export async function openOnnxEngine({ name, threads, device }: EngineOrder): Promise<Engine> {
  switch (name) {
    case 'onnx:cpu':
      return createOnnxEngine(threads);
    case 'onnx:webgpu':
      return engineOf(await webgpuProvider(device));
    case 'onnx:cuda':
      return engineOf(await cudaProvider(device));
    default:
      throw new Failure('environment', `Expected an engine of ONNX Runtime, got \`${name}\``);
  }
}

/** ONNX Runtime on the CPU. */
export function createOnnxEngine(threads: number): Engine {
  return engineOf(cpuProvider(threads));
}

/** A provider as an engine: a whole program is one native call. */
function engineOf({ name, device, threads, imagesAtOnce, dialect, options }: Provider): Engine {
  return {
    name,
    versions: { 'onnxruntime-node': ort.env.versions.node ?? ort.env.versions.common },
    threads,
    device,
    imagesAtOnce,
    dispose: async () => {},
    async compile<Outputs extends string>(program: Program & { outputs: Record<Outputs, Value> }) {
      const model = encodeModel(lower(program, await dialect()));
      const session = await ort.InferenceSession.create(model, {
        ...options,
        graphOptimizationLevel: 'all',
        interOpNumThreads: 1,
        executionMode: 'sequential',
        logSeverityLevel: 3,
      });
      return executable(session, program.name, Object.keys(program.outputs) as Outputs[]);
    },
  };
}

function executable<Outputs extends string>(
  session: InferenceSession,
  name: string,
  names: readonly Outputs[],
): Executable<Outputs> {
  return {
    async run(feeds: Feeds, into: Partial<Record<Outputs, Tensor>> = {}) {
      const inputs = Object.fromEntries(
        session.inputNames.map(input => {
          const feed = feeds[input];
          if (!feed) throw new Error(`The program \`${name}\` was not given its input \`${input}\``);
          return [input, new ort.Tensor(feed.data, feed.shape)];
        }),
      );
      const fetches = Object.fromEntries(
        names.map(output => {
          const tensor = into[output];
          return [outputPort(output), tensor ? new ort.Tensor(tensor.data, tensor.shape) : null];
        }),
      );
      const outputs = await session.run(inputs, fetches).catch(error => {
        throw engineFailure(name, error);
      });
      return Object.fromEntries(
        names.map(output => {
          const { dims, data } = outputs[outputPort(output)]!;
          return [output, { shape: dims, data: data as Float32Array }];
        }),
      ) as Record<Outputs, Tensor>;
    },
    dispose: () => session.release(),
  };
}

function engineFailure(program: string, error: unknown): Failure {
  const reason = error instanceof Error ? error.message : String(error);
  const memory = /bad_alloc|out of memory|failed to allocate/i.test(reason);
  return new Failure(
    memory ? 'out-of-memory' : 'engine',
    `ONNX Runtime failed in the program \`${program}\`: ${reason}`,
    memory ? 'Use a smaller `batch`, or fewer runs side by side (`--jobs`).' : undefined,
  );
}
