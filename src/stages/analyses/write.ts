import { join } from 'node:path';
import { writeAtomic } from '../../files/atomic.ts';
import { drawStrips } from '../../measures/picture.ts';
import type { Configuration } from '../../spec/configuration.ts';
import type { Job } from '../job.ts';
import { sampleOf } from '../sample.ts';
import { errorsByLayer, kernelGrids, lowFrequencies, weightImportance } from './of-layers.ts';
import { metaCompression, similarityOfEmbeddings } from './of-predictor.ts';
import { interpolation, lossLandscape } from './of-surroundings.ts';
import type { Finding, Finished, Subject } from './subject.ts';

const analyses = {
  'layer-errors': errorsByLayer,
  'kernel-grid': kernelGrids,
  'low-frequency-ratio': lowFrequencies,
  'weight-importance': weightImportance,
  interpolation,
  'loss-landscape': lossLandscape,
  'embedding-similarity': similarityOfEmbeddings,
  'meta-compression': metaCompression,
} satisfies Partial<Record<Configuration['evaluate'][number], (subject: Subject) => Promise<Finding>>>;

/** What `evaluate` in a spec can name and is more than one number. */
export type Analysis = keyof typeof analyses;

export const isAnalysis = (name: string): name is Analysis => Object.hasOwn(analyses, name);

/** Writes measures/<name>.json of each analysis into the run's folder, and <name>.svg where it is a picture. */
export async function writeAnalyses(
  { directory, configuration, specFolder }: Job,
  names: readonly Analysis[],
  finished: Finished,
): Promise<void> {
  const images: Subject['images'] = split => sampleOf(configuration, specFolder, split);
  for (const name of names) {
    const { document, picture } = await analyses[name]({ ...finished, configuration, images });
    const file = join(directory, 'measures', name);
    // On one line: with one for each number, tables of thousands would be three times as long.
    await writeAtomic(`${file}.json`, `${JSON.stringify(document)}\n`);
    if (picture) await writeAtomic(`${file}.svg`, drawStrips(picture));
  }
}
