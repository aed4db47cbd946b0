import { networkOf } from './build.ts';
import type { ConvolutionLayer, Layer, SubsampleLayer } from './layer.ts';
import type { Network } from './network.ts';

/** How a block's identity path changes size: A, subsampled and zero-padded; B, a 1x1 convolution with batch norm. */
export type Shortcut = 'A' | 'B';

/** A CIFAR ResNet for CIFAR's images. */
export function resnet(depth: number, shortcut: Shortcut, classes: number, widths?: number[]): Network {
  const layers = cifarResnet(depth, shortcut, widths);
  return networkOf({ name: `resnet${depth}`, layers }, { classes, input: [3, 32, 32] });
}

/**
 * A CIFAR ResNet of 6n + 2 layers with widths 16, 32, 64 (He et al. 2016, section 4.2), with the names of akamaster's.
 * All of its convolutions are represented (NeRN, section 4.1).
 */
export function cifarResnet(depth: number, shortcut: Shortcut, widths = [16, 32, 64]): Layer[] {
  const blocks = (depth - 2) / 6;
  if (!Number.isInteger(blocks))
    throw new Error(`Expected the depth of a CIFAR ResNet to be 6n + 2, got ${depth}`);
  const identity: Identity = (name, filters, stride) =>
    shortcut === 'A'
      ? { kind: 'subsample', channels: filters }
      : projection(`${name}.shortcut`, filters, stride);
  return [
    normalised('conv1', 'bn1', widths[0]!, 3),
    { kind: 'relu', to: 'stem' },
    ...stages(
      basic,
      widths,
      widths.map(() => blocks),
      identity,
    ),
    { kind: 'average' },
    { kind: 'linear', name: 'linear' },
  ];
}

const imagenetWidths = [64, 128, 256, 512];

/**
 * A ResNet for small images of ImageNet's widths, whose stem neither strides nor pools. That of ResNet50 is the second paper's
 * teacher (23.7 million parameters with 100 classes). All of its convolutions are represented.
 */
export function wideCifarResnet(block: 'basic' | 'bottleneck', blocks: readonly number[]): Layer[] {
  return [
    normalised('conv1', 'bn1', 64, 3),
    { kind: 'relu', to: 'stem' },
    ...stages({ basic, bottleneck }[block], imagenetWidths, blocks, (name, filters, stride) =>
      projection(`${name}.shortcut`, filters, stride),
    ),
    { kind: 'average' },
    { kind: 'linear', name: 'linear' },
  ];
}

/**
 * A ResNet for ImageNet (He et al. 2016, table 1) as in torchvision, with its names: of a bottleneck, the 3x3 convolution
 * strides. The convolutions of the blocks are represented; not the 7x7 stem, not the 1x1 ones on the identity paths (NeRN,
 * section 4.3).
 */
export function imagenetResnet(block: 'basic' | 'bottleneck', blocks: readonly number[]): Layer[] {
  const identity: Identity = (name, filters, stride) => ({
    ...projection(`${name}.downsample`, filters, stride),
    represented: false,
  });
  return [
    normalised('conv1', 'bn1', 64, 7, 2),
    { kind: 'relu' },
    { kind: 'max-pool', size: 3, stride: 2, padding: 1, to: 'stem' },
    ...stages({ basic, bottleneck }[block], imagenetWidths, blocks, identity),
    { kind: 'average' },
    { kind: 'linear', name: 'fc' },
  ];
}

/** What stands on the identity path of a block that changes the size. */
type Identity = (block: string, filters: number, stride: number) => ConvolutionLayer | SubsampleLayer;

/** The main path of a block, without its sum. */
interface Block {
  /** How many filters the last convolution has for each of the first. */
  readonly expansion: number;
  readonly convolutions: number;
  layers(name: string, width: number, stride: number): Layer[];
}

const basic: Block = {
  expansion: 1,
  convolutions: 2,
  layers: (name, width, stride) => [
    normalised(`${name}.conv1`, `${name}.bn1`, width, 3, stride),
    { kind: 'relu' },
    normalised(`${name}.conv2`, `${name}.bn2`, width, 3),
  ],
};

const bottleneck: Block = {
  expansion: 4,
  convolutions: 3,
  layers: (name, width, stride) => [
    normalised(`${name}.conv1`, `${name}.bn1`, width, 1),
    { kind: 'relu' },
    normalised(`${name}.conv2`, `${name}.bn2`, width, 3, stride),
    { kind: 'relu' },
    normalised(`${name}.conv3`, `${name}.bn3`, 4 * width, 1),
  ],
};

/** Stages of blocks behind the layer `stem`, which has as many channels as the first stage is wide. */
function stages(
  block: Block,
  widths: readonly number[],
  blocks: readonly number[],
  identity: Identity,
): Layer[] {
  let [from, channels] = ['stem', widths[0]!];
  return widths.flatMap((width, stage) =>
    Array.from({ length: blocks[stage]! }, (_, i): Layer[] => {
      const name = `layer${stage + 1}.${i}`;
      const stride = stage > 0 && i === 0 ? 2 : 1;
      const filters = block.expansion * width;
      const resized = stride !== 1 || channels !== filters;
      const path = `${name}.identity`;
      const layers: Layer[] = [
        ...block.layers(name, width, stride),
        ...(resized ? [{ ...identity(name, filters, stride), from, to: path }] : []),
        { kind: 'add', from: [`${name}.conv${block.convolutions}`, resized ? path : from] },
        { kind: 'relu', to: name },
      ];
      [from, channels] = [name, filters];
      return layers;
    }).flat(),
  );
}

/** A convolution that keeps the size at stride 1, and the batch norm behind it. */
const normalised = (
  name: string,
  norm: string,
  filters: number,
  size: number,
  stride = 1,
): ConvolutionLayer => ({ kind: 'convolution', name, norm, filters, size, stride });

/** The 1x1 convolution of shortcut B, whose feature map the authors' program does not compare. */
const projection = (name: string, filters: number, stride: number): ConvolutionLayer => ({
  ...normalised(`${name}.0`, `${name}.1`, filters, 1, stride),
  compared: false,
});
