import type { Analysis } from '../catalogue/measures.ts';
import { type Placed, placedAs } from '../contract/placed.ts';
import {
  errorsByLayer,
  kernelGrids,
  lowFrequencies,
  weightImportance,
} from '../evaluation/analyses/of-layers.ts';
import { metaCompression, similarityOfEmbeddings } from '../evaluation/analyses/of-predictor.ts';
import { interpolation, lossLandscape } from '../evaluation/analyses/of-surroundings.ts';
import type { Finding, Finished, Subject } from '../evaluation/analyses/subject.ts';
import { drawStrips } from '../measures/picture.ts';
import { fineTune } from './fine-tune.ts';
import type { Workshop } from './workshop.ts';

const analyses: Readonly<Record<Analysis, (subject: Subject) => Promise<Finding>>> = {
  'layer-errors': errorsByLayer,
  'kernel-grid': kernelGrids,
  'low-frequency-ratio': lowFrequencies,
  'weight-importance': weightImportance,
  interpolation,
  'loss-landscape': lossLandscape,
  'embedding-similarity': similarityOfEmbeddings,
  'meta-compression': metaCompression,
};

/** `<name>.json` of an analysis, and `<name>.svg` where it is a picture. */
export async function findingOf(
  name: Analysis,
  finished: Finished,
  configuration: Placed,
  workshop: Workshop,
) {
  const images: Subject['images'] = split => workshop.images(configuration, split);
  const tune: Subject['fineTune'] = (training, pruned) =>
    fineTune(finished, placedAs(configuration, training), pruned);
  const subject = { ...finished, configuration, images, fineTune: tune };
  const { document, picture } = await analyses[name](subject);
  // On one line: with one for each number, tables of thousands would be three times as long.
  const files = new Map([[`${name}.json`, `${JSON.stringify(document)}\n`]]);
  if (picture) files.set(`${name}.svg`, drawStrips(picture));
  return { record: { measure: name }, files };
}
