import { openEngine } from '../engine/open.ts';
import type { EngineOrder } from '../engine/order.ts';
import type { Engine } from '../graph/program.ts';
import { executeRun } from '../stages/run.ts';
import { serve } from './serve.ts';

let engine: Engine | undefined;

const open = async (order: EngineOrder) => {
  engine = await openEngine(order);
  return engine;
};

serve(
  (job, emit, stop) => executeRun(job, emit, stop, open),
  async () => engine?.dispose(),
);
