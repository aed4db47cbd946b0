import type { Tell } from '../../contract/job.ts';
import type { OriginalRecord } from '../../contract/result.ts';
import type { OriginalStage } from '../../contract/stage.ts';
import { workFolder } from '../../files/work-folder.ts';
import { originalBatchesOf } from '../../images/images.ts';
import { kernelCount } from '../../nern/coordinates.ts';
import { smoothnessLoss } from '../../nern/ordering/smoothness.ts';
import { learnableConvolutions, learnableParameters, type Network } from '../../networks/network.ts';
import { namedTensors } from '../../networks/slots.ts';
import { architectureByName, networkFile } from '../../target/target.ts';
import { loadTeacher } from '../../target/teacher.ts';
import { runToEnd, type Saved } from '../../training/resumable.ts';
import {
  type OriginalState,
  type OriginalTask,
  startOfOriginal,
  trainOriginal,
} from '../../training/train-target.ts';
import { readTrainingCheckpoint, writeTrainingCheckpoint } from '../../training/training-checkpoint.ts';
import { writeSafetensors } from '../../weights/safetensors.ts';
import { provenanceOf } from '../provenance.ts';
import type { Workshop } from '../workshop.ts';
import { engineFor } from './go-on.ts';
import type { Outcome } from './outcome.ts';

type SavedOriginal = Saved<OriginalState, OriginalRecord['history'][number]>;

/** Where a spec names what the target is taught by. */
const teacherSetting = 'target.train.teacher';

/** Trains the target from scratch, from the checkpoint in the stage's working folder when there is one. */
export async function original(
  stage: OriginalStage,
  workshop: Workshop,
  tell: Tell,
  stop: AbortSignal,
): Promise<Outcome & { record: OriginalRecord }> {
  const { name, key, configuration, recipe, seed, iterations } = stage;
  const { store } = workshop.job;
  const startedAt = new Date();
  const folder = workFolder(store, key);
  const saved = await readTrainingCheckpoint<SavedOriginal>(folder, key);
  const engine = await engineFor(name, saved, workshop, tell);
  const { network } = await architectureByName(configuration);
  const task: OriginalTask = {
    ...{ network, recipe, seed, iterations },
    images: await originalBatchesOf(configuration, recipe),
    teacher: await loadTeacher({ ...configuration, teacher: recipe.teacher }, teacherSetting),
  };
  const start = saved ?? startOfOriginal(task);
  const steps = trainOriginal(engine, task, start);
  const save = (state: SavedOriginal) => writeTrainingCheckpoint(folder, key, state);
  const order = { name, engine: engine.name, iterations, start, saved, steps, save };
  const trained = await runToEnd(order, tell, stop);
  const rough = roughness(task);
  const record: OriginalRecord = {
    seed,
    iterations,
    learnableParameters: learnableParameters(network),
    history: [...trained.history],
    smoothness: { before: rough(startOfOriginal(task)), after: rough(trained) },
  };
  return {
    record,
    provenance: provenanceOf(engine, trained, recipe.batch, startedAt),
    files: new Map([[networkFile, writeSafetensors(tensorsOf(network, trained))]]),
  };
}

const tensorsOf = (network: Network, { vectors: { parameters, statistics } }: OriginalState) =>
  namedTensors(network, { learned: parameters!, statistics: statistics! });

/** The smoothness of a state, in the kernels' own order. */
function roughness({ network, recipe }: OriginalTask): (state: OriginalState) => number {
  const layers = learnableConvolutions(network);
  const rows = Uint32Array.from({ length: kernelCount(layers) }, (_, i) => i);
  return state => {
    const tensors = tensorsOf(network, state);
    return smoothnessLoss(
      layers.map(({ weight }) => tensors.get(weight)!),
      rows,
      recipe.smoothness,
    );
  };
}
