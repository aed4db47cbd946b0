import type { Layer } from './layer.ts';
import { cifarResnet, imagenetResnet, type Shortcut, wideCifarResnet } from './resnet.ts';
import { squeezenet } from './squeezenet.ts';

/** The networks that have a name, by it; `shortcut` is of the CIFAR ResNets. */
export const catalogue = {
  resnet8: shortcut => cifarResnet(8, shortcut),
  resnet20: shortcut => cifarResnet(20, shortcut),
  resnet32: shortcut => cifarResnet(32, shortcut),
  resnet44: shortcut => cifarResnet(44, shortcut),
  resnet56: shortcut => cifarResnet(56, shortcut),
  resnet110: shortcut => cifarResnet(110, shortcut),
  'resnet18-cifar': () => wideCifarResnet('basic', [2, 2, 2, 2]),
  'resnet50-cifar': () => wideCifarResnet('bottleneck', [3, 4, 6, 3]),
  resnet18: () => imagenetResnet('basic', [2, 2, 2, 2]),
  resnet34: () => imagenetResnet('basic', [3, 4, 6, 3]),
  resnet50: () => imagenetResnet('bottleneck', [3, 4, 6, 3]),
  squeezenet1_0: () => squeezenet('1.0'),
  squeezenet1_1: () => squeezenet('1.1'),
  cnn: () => plainCnn(),
} satisfies Record<string, (shortcut: Shortcut) => Layer[]>;

export type NetworkName = keyof typeof catalogue;

/** Three stages of two 3x3 convolutions, halved by maxima: a plain network, without identity paths. */
const plainCnn = (): Layer[] => [
  ...[32, 64, 128].flatMap((filters, stage): Layer[] => [
    ...[1, 2].flatMap((i): Layer[] => [
      { kind: 'convolution', name: `conv${stage + 1}_${i}`, norm: `bn${stage + 1}_${i}`, filters, size: 3 },
      { kind: 'relu' },
    ]),
    { kind: 'max-pool', size: 2 },
  ]),
  { kind: 'average' },
  { kind: 'linear', name: 'fc' },
];
