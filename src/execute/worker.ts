import { openEngine } from '../engine/open.ts';
import type { Engine } from '../graph/program.ts';
import { executeStage } from '../stages/execute.ts';
import { openWorkshop } from '../stages/workshop.ts';
import { serve } from './serve.ts';

let engine: Engine | undefined;

serve(
  job => {
    const workshop = openWorkshop(job, async () => {
      engine = await openEngine(job.engine);
      return engine;
    });
    return (stage, emit, stop) => executeStage(stage, workshop, emit, stop);
  },
  async () => engine?.dispose(),
);
