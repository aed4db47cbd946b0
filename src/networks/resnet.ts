import type { ConvolutionStep, Network, Step } from './network.ts';

/** How a block's identity path changes size: A, subsampled and zero-padded; B, a 1x1 convolution with batch norm. */
export type Shortcut = 'A' | 'B';

/** A CIFAR ResNet of 6n + 2 layers with widths 16, 32, 64 (He et al. 2016, section 4.2). */
export function resnet(depth: number, shortcut: Shortcut, classes: number, widths = [16, 32, 64]): Network {
  const blocks = (depth - 2) / 6;
  if (!Number.isInteger(blocks))
    throw new Error(`Expected the depth of a CIFAR ResNet to be 6n + 2, got ${depth}`);
  const [stem] = widths as [number];
  const steps: Step[] = [
    convolution({
      to: 'stem',
      from: 'image',
      weight: 'conv1.weight',
      norm: 'bn1',
      shape: [stem, 3, 3, 3],
      stride: 1,
    }),
    { kind: 'relu', to: 'stem.relu', from: 'stem' },
  ];
  let from = 'stem.relu';
  let channels = stem;
  widths.forEach((filters, stage) => {
    for (let block = 0; block < blocks; block++) {
      const stride = stage > 0 && block === 0 ? 2 : 1;
      steps.push(...basicBlock(`layer${stage + 1}.${block}`, from, channels, filters, stride, shortcut));
      from = `layer${stage + 1}.${block}.relu`;
      channels = filters;
    }
  });
  steps.push(
    { kind: 'average', to: 'average', from },
    {
      kind: 'linear',
      to: 'logits',
      from: 'average',
      weight: 'linear.weight',
      bias: 'linear.bias',
      features: channels,
    },
  );
  return { name: `resnet${depth}`, classes, input: [3, 32, 32], steps };
}

function basicBlock(
  name: string,
  from: string,
  channels: number,
  filters: number,
  stride: number,
  shortcut: Shortcut,
): Step[] {
  const resized = stride !== 1 || channels !== filters;
  const identity: Step[] = !resized
    ? []
    : shortcut === 'A'
      ? [{ kind: 'subsample', to: `${name}.shortcut`, from, channels: filters }]
      : [
          convolution({
            to: `${name}.shortcut`,
            from,
            weight: `${name}.shortcut.0.weight`,
            norm: `${name}.shortcut.1`,
            shape: [filters, channels, 1, 1],
            stride,
            compared: false,
          }),
        ];
  return [
    convolution({
      to: `${name}.1`,
      from,
      weight: `${name}.conv1.weight`,
      norm: `${name}.bn1`,
      shape: [filters, channels, 3, 3],
      stride,
    }),
    { kind: 'relu', to: `${name}.1.relu`, from: `${name}.1` },
    convolution({
      to: `${name}.2`,
      from: `${name}.1.relu`,
      weight: `${name}.conv2.weight`,
      norm: `${name}.bn2`,
      shape: [filters, filters, 3, 3],
      stride: 1,
    }),
    ...identity,
    {
      kind: 'add',
      to: `${name}.sum`,
      from: [`${name}.2`, resized ? `${name}.shortcut` : from],
      compared: true,
    },
    { kind: 'relu', to: `${name}.relu`, from: `${name}.sum` },
  ];
}

function convolution(
  step: Pick<ConvolutionStep, 'to' | 'from' | 'weight' | 'norm' | 'shape' | 'stride'> & {
    compared?: boolean;
  },
): ConvolutionStep {
  return { kind: 'convolution', padding: (step.shape[2] - 1) / 2, compared: true, ...step };
}
