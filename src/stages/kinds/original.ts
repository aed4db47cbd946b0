import type { Tell } from '../../contract/job.ts';
import type { OriginalRecord, StageProvenance } from '../../contract/result.ts';
import type { OriginalStage } from '../../contract/stage.ts';
import { workFolder } from '../../files/work-folder.ts';
import { originalBatchesOf } from '../../images/images.ts';
import { kernelCount } from '../../nern/coordinates.ts';
import { smoothnessLoss } from '../../nern/ordering/smoothness.ts';
import { learnableConvolutions, learnableParameters, type Network } from '../../networks/network.ts';
import { namedTensors } from '../../networks/slots.ts';
import { architectureOf, networkFile } from '../../target/target.ts';
import { loadTeacher } from '../../target/teacher.ts';
import { readSavedOriginal, runOriginal } from '../../training/target-run.ts';
import { type OriginalState, type OriginalTask, startOfOriginal } from '../../training/train-target.ts';
import { writeSafetensors } from '../../weights/safetensors.ts';
import type { Workshop } from '../workshop.ts';
import { isMixed, refuseMixing } from './mixing.ts';
import type { Outcome } from './outcome.ts';

/** Where a spec names what the target is taught by. */
const teacherSetting = 'target.train.teacher';

/** Trains the target from scratch, from the checkpoint in the stage's working folder when there is one. */
export async function original(
  stage: OriginalStage,
  workshop: Workshop,
  tell: Tell,
  stop: AbortSignal,
): Promise<Outcome & { record: OriginalRecord }> {
  const { name, key, configuration, recipe, seed } = stage;
  const { specFolder, store } = workshop.job;
  const startedAt = new Date();
  const desk = { name, key, directory: workFolder(store, key) };
  const saved = await readSavedOriginal(desk);
  refuseMixing(workshop, saved);
  const engine = await workshop.engine();
  if (isMixed(workshop, saved))
    tell({ type: 'stage-mixed', stage: name, engines: [...saved!.engines, engine.name] });
  const { network } = await architectureOf(configuration, specFolder);
  const task: OriginalTask = {
    ...{ network, recipe, seed, iterations: stage.iterations },
    images: await originalBatchesOf(configuration, recipe, specFolder),
    teacher: await loadTeacher({ ...configuration, teacher: recipe.teacher }, specFolder, teacherSetting),
  };
  const trained = await runOriginal(engine, task, desk, saved, tell, stop);
  const rough = roughness(task);
  const record: OriginalRecord = {
    seed,
    iterations: stage.iterations,
    learnableParameters: learnableParameters(network),
    history: [...trained.history],
    smoothness: { before: rough(startOfOriginal(task)), after: rough(trained) },
  };
  const { name: engineName, versions, threads, device } = engine;
  const provenance: StageProvenance = {
    ...{ engine: engineName, engines: trained.engines, versions, threads, device },
    ...{ imagesAtOnce: recipe.batch, seconds: trained.seconds, stepMilliseconds: trained.stepMilliseconds },
    startedAt: startedAt.toISOString(),
    ...{ node: process.version, platform: `${process.platform}-${process.arch}` },
  };
  return {
    record,
    provenance,
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
