import { filtersOf, type Layer } from './layers.ts';
import { distance, norm } from './norms.ts';

/** How far a layer is from the original one. */
export interface LayerError {
  readonly layer: string;
  /** The root of the mean squared difference of its weights: the reconstruction error of this layer alone. */
  readonly error: number;
  /** The norm of the difference over the norm of the layer. */
  readonly relative: number;
  /** The same for each filter by itself. */
  readonly filters: readonly number[];
}

/** The errors of each layer; something of zeros has no relative error: it is NaN. */
export function layerErrors(original: readonly Layer[], reconstructed: readonly Layer[]): LayerError[] {
  return original.map((layer, l) => {
    const other = reconstructed[l]!;
    const far = distance(layer.data, other.data);
    const others = filtersOf(other);
    return {
      layer: layer.name,
      error: far / Math.sqrt(layer.data.length),
      relative: relative(far, norm(layer.data)),
      filters: filtersOf(layer).map((filter, f) => relative(distance(filter, others[f]!), norm(filter))),
    };
  });
}

const relative = (error: number, size: number) => (size === 0 ? Number.NaN : error / size);
