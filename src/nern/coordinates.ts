import type { Tensor } from '../graph/tensor.ts';

/** A learnable layer's shape [filters, channels, k, k]; whole tensors fit too. */
export type Layer = Pick<Tensor, 'shape'>;

/** Filters, channels and kernel width of a layer. */
export function layerSizes(layer: Layer): { filters: number; channels: number; width: number } {
  const [filters, channels, width, height] = layer.shape;
  if (filters === undefined || channels === undefined || width === undefined || width !== height) {
    throw new RangeError(`Expected a layer of shape [F, C, k, k], got [${layer.shape.join(', ')}]`);
  }
  return { filters, channels, width };
}

/** The number of kernels (filters x channels, over all layers), that is of rows of the embedding table. */
export function kernelCount(layers: readonly Layer[]): number {
  return layers.reduce((count, layer) => {
    const { filters, channels } = layerSizes(layer);
    return count + filters * channels;
  }, 0);
}

/**
 * The coordinate (l, f, c) of every kernel as raw integers, three values a row: layer by layer, filter by filter,
 * channel by channel (NeRN, section 3; not normalised, as in the authors' experiments).
 */
export function kernelCoordinates(layers: readonly Layer[]): Int32Array {
  const coordinates = new Int32Array(3 * kernelCount(layers));
  let at = 0;
  for (const [l, layer] of layers.entries()) {
    const { filters, channels } = layerSizes(layer);
    for (let f = 0; f < filters; f++) {
      for (let c = 0; c < channels; c++) {
        coordinates[at++] = l;
        coordinates[at++] = f;
        coordinates[at++] = c;
      }
    }
  }
  return coordinates;
}
