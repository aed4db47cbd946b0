import type { EngineName } from '../catalogue/engines.ts';

/** An engine, and how much of the machine it may take. */
export interface EngineOrder {
  readonly name: EngineName;
  readonly threads: number;
  /** Which of the machine's devices, for engines that have a choice; 0 is the first. */
  readonly device: number;
}
