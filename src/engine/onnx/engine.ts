import { Failure } from '../../failure.ts';
import type { Engine, Program } from '../../graph/program.ts';
import type { Value } from '../../graph/value.ts';
import type { EngineOrder } from '../order.ts';
import { cpuProvider } from './cpu.ts';
import { cudaProvider } from './cuda.ts';
import { executableOf } from './executable.ts';
import { engineFailure } from './failure.ts';
import { lower } from './lower.ts';
import { encodeModel } from './model.ts';
import { outletOf } from './outputs.ts';
import type { Provider } from './provider.ts';
import ort from './runtime.ts';
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
      const spoken = await dialect();
      const model = encodeModel(lower(program, spoken));
      const session = await ort.InferenceSession.create(model, {
        ...options,
        graphOptimizationLevel: 'all',
        interOpNumThreads: 1,
        executionMode: 'sequential',
        logSeverityLevel: 3,
      }).catch(error => {
        throw engineFailure(name, program.name, error);
      });
      return executableOf(name, session, program.name, outletOf(program, spoken));
    },
  };
}
