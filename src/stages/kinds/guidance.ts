import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tell } from '../../contract/job.ts';
import { guidedSteps } from '../../contract/needs.ts';
import type { GuidanceStage } from '../../contract/stage.ts';
import { type BatchesState, startOfData } from '../../data/batches.ts';
import { Failure } from '../../failure.ts';
import { writeAtomic, writeJsonAtomic } from '../../files/atomic.ts';
import { workFolder } from '../../files/work-folder.ts';
import { sizeOf } from '../../graph/tensor.ts';
import { batchesOrderOf } from '../../images/images.ts';
import { loadTeacher } from '../../target/teacher.ts';
import { openBatches } from '../../training/batch-feed.ts';
import { createGuide } from '../../training/guidance.ts';
import { type GuidanceRecord, guidanceFile, stepsPerFile } from '../../training/guidance-file.ts';
import type { Workshop } from '../workshop.ts';
import { isMixed, refuseMixing } from './mixing.ts';
import type { Outcome } from './outcome.ts';

/** How far the stage has come: whole files are in its working folder. */
interface Progress {
  readonly step: number;
  readonly batches: BatchesState;
  /** The engines that took part, the last one last. */
  readonly engines: readonly string[];
  readonly seconds: number;
}

const progressFile = 'progress.json';

/**
 * The logits of the network that phases learn from, for every image that they are shown, in their order: the bytes that
 * a phase would compute as it goes. When it was stopped it goes on after the last whole file, on another engine only if the
 * job allows it. When `stop` is aborted it throws a Failure of kind 'signal'.
 */
export async function guidance(
  { key, name, configuration, training, seed, inputs }: GuidanceStage,
  workshop: Workshop,
  tell: Tell,
  stop: AbortSignal,
): Promise<Outcome & { record: GuidanceRecord }> {
  const { job } = workshop;
  const folder = workFolder(job.store, key);
  const teacher =
    (await loadTeacher(training, job.specFolder)) ?? (await workshop.target(configuration, inputs));
  const steps = guidedSteps(training);
  const shape = [training.batch, teacher.network.classes] as const;
  const perFile = stepsPerFile(shape);
  const saved = await readProgress(folder, perFile);
  const begun = saved && { iteration: saved.step, engines: saved.engines };
  refuseMixing(workshop, begun);
  const engine = await workshop.engine();
  const before = saved?.engines ?? [];
  const engines = before.at(-1) === engine.name ? before : [...before, engine.name];
  if (isMixed(workshop, begun)) tell({ type: 'stage-mixed', stage: name, engines });
  const start = saved ?? { step: 0, batches: startOfData(seed), seconds: 0 };
  const feed = openBatches(await batchesOrderOf(training, job.specFolder), start.batches);
  const guide = createGuide(engine, teacher, training.batch);
  const began = performance.now();
  const elapsed = () => (performance.now() - began) / 1000 + start.seconds;
  try {
    for (let step = start.step; step < steps; ) {
      const count = Math.min(perFile, steps - step);
      const logits = new Float32Array(count * sizeOf(shape));
      for (let i = 0; i < count; i++, step++) {
        if (stop.aborted)
          throw new Failure('signal', `Stopped at step ${step}; the same command goes on from the last file`);
        logits.set((await guide(await feed.next(), step)).data, i * sizeOf(shape));
        const millisecondsPerStep = (performance.now() - began) / (step + 1 - start.step);
        tell({
          type: 'stage-progress',
          stage: name,
          iteration: step + 1,
          iterations: steps,
          millisecondsPerStep,
        });
      }
      const file = guidanceFile(Math.ceil(step / perFile) - 1);
      await writeAtomic(join(folder, file), new Uint8Array(logits.buffer));
      const progress: Progress = { step, batches: feed.state(), engines, seconds: elapsed() };
      await writeJsonAtomic(join(folder, progressFile), progress);
    }
  } finally {
    await feed.close();
  }
  const { name: engineName, versions, threads, device } = engine;
  return {
    record: { steps, shape, stepsPerFile: perFile },
    provenance: { engine: engineName, engines, versions, threads, device, seconds: elapsed() },
    files: new Map(filesOf(steps, perFile).map(file => [file, { path: join(folder, file) }])),
  };
}

/** Where a stage that was stopped stands; undefined where not all files are there that it has written. */
async function readProgress(folder: string, perFile: number): Promise<Progress | undefined> {
  const text = await readFile(join(folder, progressFile), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const progress: Progress = JSON.parse(text);
  const names = await readdir(folder);
  return filesOf(progress.step, perFile).every(file => names.includes(file)) ? progress : undefined;
}

const filesOf = (steps: number, perFile: number): string[] =>
  Array.from({ length: Math.ceil(steps / perFile) }, (_, i) => guidanceFile(i));
