import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tell } from '../../contract/job.ts';
import { guidedSteps } from '../../contract/needs.ts';
import type { GuidanceStage } from '../../contract/stage.ts';
import { startOfData } from '../../data/batches.ts';
import { writeJsonAtomic } from '../../files/atomic.ts';
import { workFolder } from '../../files/work-folder.ts';
import { batchesOrderOf } from '../../images/images.ts';
import { loadTeacher } from '../../target/teacher.ts';
import { createGuide } from '../../training/guidance.ts';
import { type GuidanceRecord, guidanceFile, stepsPerFile } from '../../training/guidance-file.ts';
import { type GuidanceState, writeGuidance } from '../../training/guided-steps.ts';
import { runToEnd, type Saved } from '../../training/resumable.ts';
import { provenanceOf } from '../provenance.ts';
import type { Workshop } from '../workshop.ts';
import { engineFor } from './go-on.ts';
import type { Outcome } from './outcome.ts';

/** How far the stage has come: whole files are in its working folder. */
type Progress = Saved<GuidanceState, never>;

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
  const startedAt = new Date();
  const folder = workFolder(job.store, key);
  const teacher = (await loadTeacher(training)) ?? (await workshop.target(configuration, inputs));
  const shape = [training.batch, teacher.network.classes] as const;
  const record = { steps: guidedSteps(training), shape, stepsPerFile: stepsPerFile(shape) };
  const saved = await readProgress(folder, record);
  const engine = await engineFor(name, saved, workshop, tell);
  const start = saved ?? { iteration: 0, batches: startOfData(seed) };
  const guide = createGuide(engine, teacher, training.batch);
  const images = await batchesOrderOf(training);
  const steps = writeGuidance(guide, images, record, folder, start);
  const save = (progress: Progress) => writeJsonAtomic(join(folder, progressFile), progress);
  const order = { name, engine: engine.name, iterations: record.steps, start, saved, steps, save };
  const completed = await runToEnd(order, tell, stop);
  return {
    record,
    provenance: provenanceOf(engine, completed, guide.imagesAtOnce(), startedAt),
    files: new Map(filesOf(record.steps, record).map(file => [file, { path: join(folder, file) }])),
  };
}

/** Where a stage that was stopped stands; undefined where not all files are there that it has written. */
async function readProgress(folder: string, record: GuidanceRecord): Promise<Progress | undefined> {
  const text = await readFile(join(folder, progressFile), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const progress: Progress = JSON.parse(text);
  const names = await readdir(folder);
  return filesOf(progress.iteration, record).every(file => names.includes(file)) ? progress : undefined;
}

const filesOf = (steps: number, { stepsPerFile }: GuidanceRecord): string[] =>
  Array.from({ length: Math.ceil(steps / stepsPerFile) }, (_, i) => guidanceFile(i));
