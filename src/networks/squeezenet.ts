import type { Layer } from './layer.ts';

/** A layer of SqueezeNet's features: the stem, a maximum, or a fire module by its squeezed and its expanded filters. */
type Feature = 'max-pool' | { readonly filters: number; readonly size: number } | readonly [number, number];

const features: Readonly<Record<'1.0' | '1.1', readonly Feature[]>> = {
  '1.0': [
    { filters: 96, size: 7 },
    'max-pool',
    ...([
      [16, 64],
      [16, 64],
      [32, 128],
    ] as const),
    'max-pool',
    ...([
      [32, 128],
      [48, 192],
      [48, 192],
      [64, 256],
    ] as const),
    'max-pool',
    [64, 256],
  ],
  '1.1': [
    { filters: 64, size: 3 },
    'max-pool',
    ...([
      [16, 64],
      [16, 64],
    ] as const),
    'max-pool',
    ...([
      [32, 128],
      [32, 128],
    ] as const),
    'max-pool',
    ...([
      [48, 192],
      [48, 192],
      [64, 256],
      [64, 256],
    ] as const),
  ],
};

/**
 * SqueezeNet (Iandola et al. 2016) as in torchvision, with its names: convolutions with biases and no batch norm. Its 1x1
 * and 3x3 convolutions are represented, but not the last one, which is the classifier.
 */
export function squeezenet(version: keyof typeof features): Layer[] {
  // The parameters are numbered by their place among all features, a stem being a convolution and a ReLU.
  const layers = features[version].flatMap((feature, i): Layer[] => {
    if (feature === 'max-pool') return [{ kind: 'max-pool', size: 3, stride: 2, ceil: true }];
    if ('size' in feature)
      return [
        { kind: 'convolution', name: 'features.0', ...feature, stride: 2, padding: 0, bias: true },
        { kind: 'relu' },
      ];
    return fire(`features.${i + 1}`, ...feature);
  });
  return [
    ...layers,
    {
      ...{ kind: 'convolution', name: 'classifier.1', filters: 'classes', size: 1, bias: true },
      ...{ represented: false, compared: false },
    },
    { kind: 'relu' },
    { kind: 'average' },
  ];
}

/** A 1x1 convolution, then 1x1 and 3x3 ones side by side. */
function fire(name: string, squeezed: number, expanded: number): Layer[] {
  const convolution = (part: string, filters: number, size: number, from: { from?: string }): Layer[] => [
    { kind: 'convolution', name: `${name}.${part}`, filters, size, bias: true, ...from },
    { kind: 'relu', to: `${name}.${part}.relu` },
  ];
  const expand = { from: `${name}.squeeze.relu` };
  return [
    ...convolution('squeeze', squeezed, 1, {}),
    ...convolution('expand1x1', expanded, 1, expand),
    ...convolution('expand3x3', expanded, 3, expand),
    { kind: 'concatenate', from: [`${name}.expand1x1.relu`, `${name}.expand3x3.relu`] },
  ];
}
