import { engines } from '../catalogue/engines.ts';
import type { Engine } from '../graph/program.ts';
import type { EngineOrder } from './order.ts';

/**
 * Loads the engine's library, only now, and takes hold of its device. Throws a Failure of kind 'environment' that says
 * what is missing and how to get it.
 */
export async function openEngine(order: EngineOrder): Promise<Engine> {
  return engines[order.name].library === 'tfjs'
    ? (await import('./tfjs/engine.ts')).openTfjsEngine(order)
    : (await import('./onnx/engine.ts')).openOnnxEngine(order);
}
