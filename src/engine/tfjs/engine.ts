import type { EngineName } from '../../catalogue/engines.ts';
import { Failure } from '../../failure.ts';
import type { Engine, Program } from '../../graph/program.ts';
import type { Value } from '../../graph/value.ts';
import type { EngineOrder } from '../order.ts';
import { type Backend, loadPackage } from './backend.ts';
import { createExecutable } from './executable.ts';
import { lower } from './lower.ts';

/** How each backend is opened; its packages are loaded only then. */
const openers: Partial<Record<EngineName, (order: EngineOrder) => Promise<Backend>>> = {
  'tfjs:cpu': async () => (await import('./cpu.ts')).openCpu(),
  'tfjs:node': async order => (await import('./node.ts')).openNode(order),
  'tfjs:node-gpu': async order => (await import('./node.ts')).openNode(order),
  'tfjs:webgpu': async order => (await import('./webgpu.ts')).openWebgpu(order),
  'tfjs:wasm': async order => (await import('./wasm.ts')).openWasm(order),
};

/** Opens the engine of this library that is asked for; fails as `openEngine` does. */
export async function openTfjsEngine(order: EngineOrder): Promise<Engine> {
  const open = openers[order.name];
  if (!open) throw new Failure('environment', `The engine \`${order.name}\` is not there`);
  const library = await loadPackage('@tensorflow/tfjs-core', () => import('@tensorflow/tfjs-core'));
  // Without the checks and the advice for people who write programs by hand.
  library.enableProdMode();
  const backend = await open(order);
  return {
    name: order.name,
    versions: { '@tensorflow/tfjs-core': library.version_core, ...backend.versions },
    threads: backend.threads,
    device: backend.device,
    imagesAtOnce: backend.imagesAtOnce,
    compile: async <Outputs extends string>(program: Program & { outputs: Record<Outputs, Value> }) =>
      createExecutable<Outputs>(library, backend, program.name, lower(program, backend.strengths)),
    dispose: backend.dispose,
  };
}
