/**
 * A layer of a network's description, as it can stand in a file: each makes one named value from earlier ones. Feature
 * maps are [channels, height, width], vectors [features].
 */
export type Layer =
  | ConvolutionLayer
  | NormLayer
  | ReluLayer
  | AddLayer
  | ConcatenateLayer
  | MaxPoolLayer
  | AveragePoolLayer
  | AverageLayer
  | SubsampleLayer
  | FlattenLayer
  | LinearLayer;

interface Named {
  /** What the result is called; a layer that is not called by its name needs none. */
  readonly to?: string;
}

interface OfOne extends Named {
  /** Absent: the layer before, or `image`. */
  readonly from?: string;
}

interface OfSeveral extends Named {
  readonly from: readonly string[];
}

/** A convolution, and the batch norm behind it where it has one. */
export interface ConvolutionLayer extends OfOne {
  readonly kind: 'convolution';
  /** Its weights are the parameter `<name>.weight`. */
  readonly name: string;
  /** `classes`: as many as the data set has. */
  readonly filters: number | 'classes';
  /** Rows, and columns, of a kernel. */
  readonly size: number;
  /** Absent: 1. */
  readonly stride?: number;
  /** Absent: what keeps the size at stride 1. */
  readonly padding?: number;
  /** Whether there is a parameter `<name>.bias`. */
  readonly bias?: boolean;
  /** Batch norm by the parameters `<norm>.weight`, `.bias`, `.running_mean` and `.running_var`. */
  readonly norm?: string;
  /** Added to the variance; absent: 1e-5. */
  readonly epsilon?: number;
  /** Whether the predictor represents it. Absent: when its kernels are 1x1 or 3x3. */
  readonly represented?: boolean;
  /** Whether feature map distillation compares what comes out (NeRN, section 3.2). Absent: yes. */
  readonly compared?: boolean;
}

/** A batch norm that is not behind a convolution. */
export interface NormLayer extends OfOne {
  readonly kind: 'norm';
  readonly name: string;
  readonly epsilon?: number;
}

export interface ReluLayer extends OfOne {
  readonly kind: 'relu';
}

export interface AddLayer extends OfSeveral {
  readonly kind: 'add';
  /** As of a convolution. Absent: yes. */
  readonly compared?: boolean;
}

/** Feature maps one behind the other, by their channels. */
export interface ConcatenateLayer extends OfSeveral {
  readonly kind: 'concatenate';
}

export interface MaxPoolLayer extends OfOne {
  readonly kind: 'max-pool';
  readonly size: number;
  /** Absent: `size`. */
  readonly stride?: number;
  /** Absent: 0. */
  readonly padding?: number;
  /** Whether a last window may hang over the end, as in PyTorch's `ceil_mode`. */
  readonly ceil?: boolean;
}

/** The mean of windows that lie side by side and fill the feature map. */
export interface AveragePoolLayer extends OfOne {
  readonly kind: 'average-pool';
  readonly size: number;
}

/** The mean over all positions: a vector. */
export interface AverageLayer extends OfOne {
  readonly kind: 'average';
}

/** Every second row and column, with zero channels added on both sides until there are `channels` (shortcut A). */
export interface SubsampleLayer extends OfOne {
  readonly kind: 'subsample';
  readonly channels: number;
}

/** A feature map as a vector: channel by channel, row by row. */
export interface FlattenLayer extends OfOne {
  readonly kind: 'flatten';
}

export interface LinearLayer extends OfOne {
  readonly kind: 'linear';
  /** Its parameters are `<name>.weight` [outputs, features] and `<name>.bias`. */
  readonly name: string;
  /** Absent: as many as the data set has classes. */
  readonly outputs?: number | 'classes';
}
