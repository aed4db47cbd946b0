import type { Tell } from '../contract/job.ts';
import { iterationsOfStage, type Stage } from '../contract/stage.ts';
import { objectFolder, writeObject } from '../files/object.ts';
import { evaluation } from './kinds/evaluation.ts';
import { guidance } from './kinds/guidance.ts';
import { network } from './kinds/network.ts';
import { original } from './kinds/original.ts';
import type { Outcome } from './kinds/outcome.ts';
import { permutation } from './kinds/permutation.ts';
import { phase } from './kinds/phase.ts';
import { selection } from './kinds/selection.ts';
import type { Workshop } from './workshop.ts';

/** Does one stage and leaves its object in the store, in one step and as the last thing. Throws a Failure. */
export async function executeStage(
  stage: Stage,
  workshop: Workshop,
  tell: Tell,
  stop: AbortSignal,
): Promise<Outcome> {
  const { kind, key, name } = stage;
  const iterations = iterationsOfStage(stage);
  tell({ type: 'stage-started', stage: name, kind, ...(iterations > 0 && { iterations }) });
  const outcome = await work(stage, workshop, tell, stop);
  const { record, provenance = {}, files = new Map() } = outcome;
  await writeObject(objectFolder(workshop.job.store, key), { kind, key, record, provenance, files });
  return outcome;
}

function work(stage: Stage, workshop: Workshop, tell: Tell, stop: AbortSignal): Promise<Outcome> {
  switch (stage.kind) {
    case 'original':
      return original(stage, workshop, tell, stop);
    case 'permutation':
      return permutation(stage, workshop);
    case 'guidance':
      return guidance(stage, workshop, tell, stop);
    case 'phase':
      return phase(stage, workshop, tell, stop);
    case 'evaluation':
      return evaluation(stage, workshop);
    case 'selection':
      return selection(stage, workshop);
    case 'network':
      return network(stage, workshop);
  }
}
