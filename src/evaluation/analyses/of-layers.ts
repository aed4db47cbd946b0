import { normalizedImages } from '../../images/sample.ts';
import { kernelGrid } from '../../measures/kernel-grid.ts';
import { layerErrors } from '../../measures/layer-errors.ts';
import { lowFrequencyRatio } from '../../measures/low-frequency-ratio.ts';
import { activationProgram, rankFilters } from '../../measures/weight-importance.ts';
import { bothLayers, type Finding, type Subject, strip } from './subject.ts';

/** Filters on either side of the ranking by error (NeRN, figure 5). */
const rankedFilters = 10;
/** Images that activation maps are averaged over. */
const activationImages = 128;

/** How far each layer, and each of its filters, is from the original. */
export async function errorsByLayer(subject: Subject): Promise<Finding> {
  const { original, reconstructed } = await bothLayers(subject);
  return { document: { layers: layerErrors(original, reconstructed) } };
}

/** How much of each layer's energy lies in its low frequencies, before and after. */
export async function lowFrequencies(subject: Subject): Promise<Finding> {
  const { original, reconstructed } = await bothLayers(subject);
  const layers = original.map((layer, l) => {
    const [before, after] = [lowFrequencyRatio(layer), lowFrequencyRatio(reconstructed[l]!)];
    return { layer: layer.name, original: before, reconstructed: after, difference: after - before };
  });
  return { document: { layers } };
}

/** Kernels of each layer beside the original ones. */
export async function kernelGrids(subject: Subject): Promise<Finding> {
  const { original, reconstructed } = await bothLayers(subject);
  const layers = original.map((layer, l) => ({
    layer: layer.name,
    original: kernelGrid(layer),
    reconstructed: kernelGrid(reconstructed[l]!),
  }));
  return {
    document: { layers },
    picture: layers.map(({ layer, original, reconstructed }) => strip(layer, { original, reconstructed })),
  };
}

/** The filters that are reconstructed best and worst, and what they respond to in the original network. */
export async function weightImportance(subject: Subject): Promise<Finding> {
  const { engine, target } = subject;
  const { original, reconstructed } = await bothLayers(subject);
  const ranked = layerErrors(original, reconstructed)
    .map(({ layer, filters }) => ({ layer, ...rankFilters(filters, rankedFilters) }))
    .filter(({ lowest }) => lowest.length > 0);
  const sides = ['lowest', 'highest'] as const;
  const chosen = ranked.flatMap(ranks =>
    sides.map(side => ({
      name: `${ranks.layer}/${side}`,
      weight: ranks.layer,
      filters: ranks[side].map(({ filter }) => filter),
    })),
  );
  const images = await normalizedImages(await subject.images('test'), activationImages);
  const count = images.shape[0]!;
  const program = await engine.compile(activationProgram(target.network, target.weights, chosen, count));
  const maps = await program.run({ images });
  const mapOf = (name: string) => rowsOf(maps[name]!.data, maps[name]!.shape[1]!);
  const layers = ranked.map(ranks => ({
    ...ranks,
    activation: {
      lowest: mapOf(`${ranks.layer}/lowest`),
      highest: mapOf(`${ranks.layer}/highest`),
    },
  }));
  return {
    document: { images: count, layers },
    picture: layers.map(({ layer, activation: { lowest, highest } }) =>
      strip(layer, { 'lowest error': lowest, 'highest error': highest }),
    ),
  };
}

/** A row-major table as rows of numbers. */
function rowsOf(data: Float32Array, width: number): number[][] {
  return Array.from({ length: data.length / width }, (_, row) => [
    ...data.subarray(row * width, (row + 1) * width),
  ]);
}
