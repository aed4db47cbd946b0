import type { Engine } from '../graph/program.ts';
import type { EngineName } from './names.ts';

/** An engine, and how much of the machine it may take. */
export interface EngineOrder {
  readonly name: EngineName;
  readonly threads: number;
  /** Which of the machine's devices, for engines that have a choice; 0 is the first. */
  readonly device: number;
}

/**
 * Loads the engine's library, only now, and takes hold of its device. Throws a Failure of kind 'environment' that says
 * what is missing and how to get it.
 */
export async function openEngine(order: EngineOrder): Promise<Engine> {
  return order.name.startsWith('tfjs:')
    ? (await import('./tfjs/engine.ts')).openTfjsEngine(order)
    : (await import('./onnx/engine.ts')).openOnnxEngine(order);
}
