import { hashed } from '../networks/hashed.ts';
import type { FileAttribute, FileNode, FileTensor, OnnxContent } from './onnx-file.ts';

/*
 * Small networks as ONNX files, drawn from a list of numbers: each number decides one thing. Everything is in them that
 * docs/networks.md says is accepted, in the forms of several opsets; now and then also what it says is not.
 */

export interface DrawnGraph {
  readonly content: OnnxContent;
  /** Channels, height, width. */
  readonly input: readonly [number, number, number];
  /** Operations, and forms of them, that the logits depend on. */
  readonly used: ReadonlySet<string>;
  /** Of these, one that is not accepted. */
  readonly refused: string | undefined;
}

/** What a node makes: [channels, height, width] or [features]. */
interface Drawn {
  readonly name: string;
  readonly shape: readonly number[];
  /** The words for how it came about. */
  readonly used: ReadonlySet<string>;
}

export const classes = 2;

/** The words of all that is accepted. */
export const accepted = [
  ...['Conv with pads', 'Conv with VALID', 'Conv with SAME_UPPER', 'Conv with SAME_LOWER', 'Conv with Pad'],
  ...['kernels used twice', 'BatchNormalization', 'Relu', 'Clip', 'Add', 'Sum', 'Sum of layers and numbers'],
  ...[
    'Add of numbers',
    'Sum of numbers',
    'Sub of numbers',
    'Mul of numbers',
    'Div of numbers',
    'Neg of numbers',
  ],
  ...[
    'Concat',
    'MaxPool',
    'GlobalMaxPool',
    'AveragePool',
    'AveragePool of all',
    'GlobalAveragePool',
    'ReduceMean',
  ],
  ...[
    'Flatten',
    'Squeeze',
    'Reshape to a vector',
    'Reshape by Shape',
    'Reshape to the same',
    'Gemm',
    'MatMul',
  ],
  ...['Slice of every second', 'Slice of all', 'Pad', 'Transpose', 'Identity', 'Dropout', 'Cast'],
];

const inputs = [
  [3, 8, 8],
  [3, 7, 7],
  [3, 8, 6],
] as const;

export function drawGraph(choices: readonly number[]): DrawnGraph {
  const builder = new Builder(choices);
  const input = inputs[builder.pick(inputs.length)]!;
  const image: Drawn = { name: 'x', shape: input, used: new Set() };
  const maps = [image];
  while (builder.isLeft() && maps.length < 14) maps.push(drawMap(builder, maps));
  const vectors = [drawVector(builder, builder.latest(maps))];
  if (builder.pick(3) === 0) vectors.push(drawVector(builder, builder.latest(maps)));
  const steps = builder.pick(5);
  for (let i = 0; i < steps; i++) vectors.push(drawOnVector(builder, vectors));
  const last = drawLinear(builder, vectors.at(-1)!, classes);
  const logits = builder.pick(2) === 0 ? last : drawAffine(builder, last);
  return {
    content: {
      ...{ opset: builder.opset, nodes: builder.nodes, tensors: builder.tensors, outputs: [logits.name] },
      inputs: { x: builder.pick(2) === 0 ? [2, ...input] : ['n', ...input] },
    },
    input,
    used: logits.used,
    refused: [...logits.used].find(word => word.startsWith('refused: ')),
  };
}

/** The file under way. */
class Builder {
  readonly nodes: FileNode[] = [];
  readonly tensors: FileTensor[] = [];
  readonly kernels: { name: string; shape: readonly number[]; bias: string | undefined }[] = [];
  readonly opset: number;
  private at = 0;
  private count = 0;
  private readonly choices: readonly number[];

  constructor(choices: readonly number[]) {
    this.choices = choices;
    this.opset = [9, 13, 17, 21][this.pick(4)]!;
  }

  isLeft = () => this.at < this.choices.length - 12;
  pick = (of: number) => (this.choices[this.at++] ?? 0) % of;
  oneOf = <T>(all: readonly T[]): T => all[this.pick(all.length)]!;
  /** One of the last three, mostly the last. */
  latest = (all: readonly Drawn[]): Drawn => all.at(-1 - (this.oneOf([0, 0, 0, 0, 1, 2]) % all.length))!;
  name = (word: string) => `${word}${this.count++}`;

  node(op: string, inputs: readonly string[], attributes: FileNode['attributes'] = {}): string {
    const output = this.name(op.toLowerCase());
    this.nodes.push({ op, inputs, output, attributes });
    return output;
  }

  /** A node on what was drawn, with a shape and a word for its form. */
  on(
    of: Drawn | readonly Drawn[],
    [op, ...inputs]: readonly [string, ...string[]],
    {
      shape,
      attributes = {},
      form = op,
    }: { shape: readonly number[]; attributes?: FileNode['attributes']; form?: string },
  ): Drawn {
    const all = [of].flat() as readonly Drawn[];
    return {
      name: this.node(op, inputs, attributes),
      shape,
      used: new Set([...all.flatMap(({ used }) => [...used]), form]),
    };
  }

  integers(...values: number[]): string {
    if (this.opset >= 12 && this.pick(3) === 0) return this.node('Constant', [], { value_ints: values });
    const tensor = { shape: [values.length], data: values };
    if (this.pick(2) === 0) return this.node('Constant', [], { value: { tensor } });
    const name = this.name('i');
    this.tensors.push({ name, ...tensor });
    return name;
  }

  /** Numbers about `centre`, in one of the forms in which files have fixed numbers. */
  floats(shape: readonly number[], centre: number, spread: number): string {
    const name = this.name('w');
    const size = shape.reduce((product, length) => product * length, 1);
    const data = Float32Array.from(hashed(name, size), value => centre + value * spread);
    switch (this.pick(8)) {
      case 0:
        return this.node('Constant', [], { value: { tensor: { shape, data } } });
      case 1:
        if (this.opset < 12 || shape.length > 1) break;
        if (shape.length === 1) return this.node('Constant', [], { value_floats: { floats: [...data] } });
        return this.node('Constant', [], { value_float: { float: data[0]! } });
      case 2:
        this.tensors.push({ name, shape, data: Float64Array.from(data) });
        return this.node('Cast', [name], { to: 1 });
      case 3:
        this.tensors.push({ name, shape, data });
        return this.node('Identity', [name]);
      case 4:
        if (shape.length !== 2) break;
        this.tensors.push({ name, shape: shape.toReversed(), data });
        return this.node('Transpose', [name], { perm: [1, 0] });
      case 5:
        this.tensors.push({ name, shape: [size], data });
        return this.node('Reshape', [name, this.integers(...shape)]);
      case 6: {
        const other = this.name('w');
        this.tensors.push({ name, shape, data }, { name: other, shape: [], data: Float32Array.of(1) });
        return this.node('Mul', [name, other]);
      }
    }
    this.tensors.push({ name, shape, data });
    return name;
  }
}

type Drawing = (builder: Builder, of: Drawn, all: readonly Drawn[]) => Drawn | undefined;

/** By chance; those that come more than once are drawn more often. */
const onMaps: readonly Drawing[] = [
  ...[drawConvolution, drawConvolution, drawConvolution, drawSharedConvolution, drawSharedConvolution],
  ...[drawNorm, drawNorm],
  ...[drawRelu, drawRelu, drawAffine, drawAffine, drawAffine, drawSum, drawSum, drawConcatenation],
  ...[drawMaxPool, drawAveragePool, drawShortcut, drawNothing, drawNothing, drawRefused],
];

function drawMap(builder: Builder, maps: readonly Drawn[]): Drawn {
  const of = builder.latest(maps);
  return builder.oneOf(onMaps)(builder, of, maps) ?? drawRelu(builder, of);
}

function drawConvolution(builder: Builder, of: Drawn): Drawn | undefined {
  const [channels, ...sides] = of.shape as [number, number, number];
  const [filters, size] = [builder.oneOf([3, 3, 2, 4, 1]), builder.oneOf([1, 3, 3, 5, 2])];
  const shape = [filters, channels, size, size];
  const weights = builder.floats(shape, 0, 2 / Math.sqrt(channels * size * size));
  const bias = builder.pick(2) === 0 || builder.opset < 11 ? builder.floats([filters], 0.3, 0.5) : undefined;
  const drawn = convolve(builder, of, { name: weights, shape, bias }, sides);
  if (drawn) builder.kernels.push({ name: weights, shape, bias });
  return drawn;
}

/** Kernels that were there, with their bias, none, or another. */
function drawSharedConvolution(builder: Builder, of: Drawn): Drawn | undefined {
  const [channels, ...sides] = of.shape as [number, number, number];
  const fitting = builder.kernels.filter(({ shape }) => shape[1] === channels);
  if (fitting.length === 0) return undefined;
  const { name, shape, bias } = builder.oneOf(fitting);
  const which = builder.pick(3);
  const other = which === 0 ? bias : which === 1 ? undefined : builder.floats([shape[0]!], 0.2, 0.4);
  const drawn = convolve(builder, of, { name, shape, bias: other }, sides);
  return drawn && { ...drawn, used: new Set([...drawn.used, 'kernels used twice']) };
}

function convolve(
  builder: Builder,
  of: Drawn,
  { name, shape, bias }: { name: string; shape: readonly number[]; bias: string | undefined },
  sides: readonly number[],
): Drawn | undefined {
  const [filters, , size] = shape as [number, number, number];
  const stride = builder.oneOf([1, 1, 2]);
  const form = builder.oneOf(['pads', 'pads', 'VALID', 'SAME_UPPER', 'SAME_LOWER', 'Pad']);
  const same = sides.map(side => Math.max(0, (Math.ceil(side / stride) - 1) * stride + size - side));
  const isSame = form.startsWith('SAME');
  if (isSame && (same[0]! % 2 !== 0 || same[0] !== same[1])) return undefined;
  const padding = isSame ? same[0]! / 2 : form === 'VALID' ? 0 : builder.pick(3);
  const after = sides.map(side => Math.floor((side + 2 * padding - size) / stride) + 1);
  if (after.some(side => side < 1) || after[0]! * after[1]! > 144) return undefined;
  const attributes = {
    kernel_shape: [size, size],
    ...(stride > 1 || builder.pick(2) === 0 ? { strides: [stride, stride] } : {}),
    ...(form === 'pads' ? { pads: Array<number>(4).fill(padding) } : {}),
    ...(isSame || form === 'VALID' ? { auto_pad: form } : {}),
  };
  const x = form === 'Pad' ? zerosAround(builder, of, padding) : of;
  const inputs = [x.name, name, ...(bias === undefined ? [] : [bias])];
  return builder.on(x, ['Conv', ...inputs], {
    shape: [filters, ...after],
    attributes,
    form: `Conv with ${form}`,
  });
}

const zerosAround = (builder: Builder, of: Drawn, width: number) =>
  padded(builder, of, [0, 0, width, width, 0, 0, width, width], of.shape);

function padded(builder: Builder, of: Drawn, pads: readonly number[], shape: readonly number[]): Drawn {
  const form = { shape, form: 'Pad' };
  if (builder.opset < 11)
    return builder.on(of, ['Pad', of.name], { ...form, attributes: { pads, mode: 'constant' } });
  if (builder.opset >= 18 && builder.pick(2) === 0) {
    const axes = [0, 1, 2, 3].filter(axis => pads[axis] !== 0 || pads[axis + 4] !== 0 || axis === 2);
    const given = builder.integers(...axes.map(axis => pads[axis]!), ...axes.map(axis => pads[axis + 4]!));
    return builder.on(of, ['Pad', of.name, given, '', builder.integers(...axes)], form);
  }
  return builder.on(of, ['Pad', of.name, builder.integers(...pads)], form);
}

function drawNorm(builder: Builder, of: Drawn): Drawn {
  const channels = [of.shape[0]!];
  const inputs = [
    ...[builder.floats(channels, 0.8, 0.5), builder.floats(channels, 0, 0.5)],
    ...[builder.floats(channels, 0, 0.5), builder.floats(channels, 1, 0.5)],
  ];
  const attributes = builder.pick(2) === 0 ? {} : { epsilon: { float: 1e-3 } };
  return builder.on(of, ['BatchNormalization', of.name, ...inputs], { shape: of.shape, attributes });
}

function drawRelu(builder: Builder, of: Drawn): Drawn {
  const { shape } = of;
  if (builder.pick(4) > 0) return builder.on(of, ['Relu', of.name], { shape });
  if (builder.opset < 11)
    return builder.on(of, ['Clip', of.name], { shape, attributes: { min: { float: 0 } } });
  const least = builder.node('Constant', [], { value: { tensor: { shape: [], data: Float32Array.of(0) } } });
  return builder.on(of, ['Clip', of.name, least], { shape });
}

/** Numbers of a shape that is one for each channel, or a single one. */
function perChannel(builder: Builder, { shape }: Drawn, centre: number): string {
  const own = [shape[0]!, ...shape.slice(1).map(() => 1)];
  const forms = [own, own, [1, ...own], [], [1], own.map(() => 1)];
  return builder.floats(builder.oneOf(forms), centre, 0.4);
}

/** One to three additions, subtractions, products and quotients in a row. */
function drawAffine(builder: Builder, of: Drawn): Drawn {
  let so = of;
  const times = 1 + builder.pick(3);
  for (let i = 0; i < times; i++) {
    const op = builder.oneOf(['Add', 'Add', 'Sub', 'Mul', 'Div', 'Neg', 'Sum']);
    const by = op === 'Neg' ? [] : [perChannel(builder, so, op === 'Mul' || op === 'Div' ? 1 : 0.2)];
    const isSwapped = op !== 'Div' && by.length > 0 && builder.pick(2) === 0;
    const inputs = isSwapped ? [...by, so.name] : [so.name, ...by];
    so = builder.on(so, [op, ...inputs], { shape: so.shape, form: `${op} of numbers` });
  }
  return so;
}

/** Of two or three of one shape, and sometimes of numbers too. */
function drawSum(builder: Builder, of: Drawn, all: readonly Drawn[]): Drawn {
  const alike = all.filter(({ shape }) => shape.join() === of.shape.join());
  const others = [builder.oneOf(alike), ...(builder.pick(2) === 0 ? [builder.oneOf(alike)] : [])];
  const layers = [of, ...others];
  if (layers.length === 2 && builder.pick(2) === 0)
    return builder.on(layers, ['Add', ...(layers.map(({ name }) => name) as [string])], { shape: of.shape });
  const numbers = builder.pick(2) === 0 ? [perChannel(builder, of, 0.3)] : [];
  const names = [...layers.map(({ name }) => name), ...numbers];
  if (builder.pick(2) === 0) names.reverse();
  return builder.on(layers, ['Sum', ...names], {
    shape: of.shape,
    form: numbers.length > 0 ? 'Sum of layers and numbers' : 'Sum',
  });
}

function drawConcatenation(builder: Builder, of: Drawn, all: readonly Drawn[]): Drawn | undefined {
  const fitting = all.filter(
    ({ shape }) => shape.length === of.shape.length && shape.slice(1).join() === of.shape.slice(1).join(),
  );
  const other = builder.oneOf(fitting);
  const channels = of.shape[0]! + other.shape[0]!;
  if (channels > 12) return undefined;
  const axis = builder.opset >= 11 && builder.pick(2) === 0 ? -of.shape.length : 1;
  return builder.on([of, other], ['Concat', of.name, other.name], {
    shape: [channels, ...of.shape.slice(1)],
    attributes: { axis },
  });
}

function drawMaxPool(builder: Builder, of: Drawn): Drawn | undefined {
  const [channels, ...sides] = of.shape as [number, number, number];
  const [size, stride, padding, ceil] = builder.oneOf([
    [2, 2, 0, 0],
    [3, 2, 1, 0],
    [3, 2, 0, 1],
    [3, 1, 1, 0],
    [2, 1, 0, 0],
  ] as const);
  if (ceil && builder.opset < 10) return undefined;
  const span = sides.map(side => (side + 2 * padding - size) / stride);
  const after = span.map(value => (ceil ? Math.ceil(value) : Math.floor(value)) + 1);
  if (Math.min(...sides) < size || sides.some((side, i) => (after[i]! - 1) * stride >= side + padding))
    return undefined;
  const attributes = {
    ...{ kernel_shape: [size, size], strides: [stride, stride] },
    ...(padding > 0 || builder.pick(2) === 0 ? { pads: Array<number>(4).fill(padding) } : {}),
    ...(ceil ? { ceil_mode: 1 } : {}),
  };
  return builder.on(of, ['MaxPool', of.name], { shape: [channels, ...after], attributes });
}

function drawAveragePool(builder: Builder, of: Drawn): Drawn | undefined {
  const [channels, height, width] = of.shape as [number, number, number];
  const shape = [channels, 1, 1];
  switch (builder.pick(5)) {
    case 0:
      return height === width ? builder.on(of, ['GlobalMaxPool', of.name], { shape }) : undefined;
    case 1:
      if (height !== width) return undefined;
      return builder.on(of, ['GlobalAveragePool', of.name], { shape });
    case 2: {
      if (height !== width) return undefined;
      const attributes = { kernel_shape: [height, width], strides: [1, 1] };
      return builder.on(of, ['AveragePool', of.name], { shape, attributes, form: 'AveragePool of all' });
    }
    default: {
      if (height % 2 !== 0 || width % 2 !== 0) return undefined;
      const attributes = {
        kernel_shape: [2, 2],
        strides: [2, 2],
        ...(builder.pick(2) === 0 ? { auto_pad: 'VALID' } : {}),
      };
      return builder.on(of, ['AveragePool', of.name], {
        shape: [channels, height / 2, width / 2],
        attributes,
      });
    }
  }
}

function sliced(
  builder: Builder,
  of: Drawn,
  axes: readonly number[],
  step: number,
  shape: readonly number[],
): Drawn {
  const form = { shape, form: step === 1 ? 'Slice of all' : 'Slice of every second' };
  const [starts, ends] = [
    axes.map(() => 0),
    axes.map(axis => (builder.pick(2) === 0 ? 2 ** 31 - 1 : of.shape[axis - 1]!)),
  ];
  if (builder.opset < 10)
    return builder.on(of, ['Slice', of.name], { ...form, attributes: { starts, ends, axes } });
  const inputs = [starts, ends, axes, ...(step === 1 && builder.pick(2) === 0 ? [] : [axes.map(() => step)])];
  return builder.on(of, ['Slice', of.name, ...inputs.map(values => builder.integers(...values))], form);
}

/** Every second pixel, in one node or two, and zero channels if they are drawn. */
function drawShortcut(builder: Builder, of: Drawn): Drawn | undefined {
  const [channels, height, width] = of.shape as [number, number, number];
  if (builder.opset < 10) return undefined;
  const half = Math.ceil(height / 2);
  const taken = [channels, half, Math.ceil(width / 2)];
  const both = builder.pick(2) === 0;
  const first = both ? of : sliced(builder, of, [2], 2, [channels, half, width]);
  const second = sliced(builder, first, both ? [2, 3] : [3], 2, taken);
  if (builder.pick(3) === 0) return second;
  const more = 1 + builder.pick(2);
  return padded(builder, second, [0, more, 0, 0, 0, more, 0, 0], [channels + 2 * more, ...taken.slice(1)]);
}

/** Nodes that change nothing. */
function drawNothing(builder: Builder, of: Drawn): Drawn {
  const { shape } = of;
  const order = [0, ...shape.map((_, i) => i + 1)];
  switch (builder.pick(7)) {
    case 0:
      return builder.on(of, ['Dropout', of.name], { shape });
    case 1:
      return builder.on(of, ['Cast', of.name], { shape, attributes: { to: 1 } });
    case 2:
      return builder.on(of, ['Transpose', of.name], { shape, attributes: { perm: order } });
    case 3:
      return builder.on(of, ['Reshape', of.name, builder.integers(0, ...shape)], {
        shape,
        form: 'Reshape to the same',
      });
    case 4:
      return shape.length === 3
        ? sliced(builder, of, [2, 3], 1, shape)
        : builder.on(of, ['Identity', of.name], { shape });
    case 5:
      return shape.length === 3
        ? zerosAround(builder, of, 0)
        : builder.on(of, ['Identity', of.name], { shape });
    default:
      return builder.on(of, ['Identity', of.name], { shape });
  }
}

/** What docs/networks.md says is not accepted. */
function drawRefused(builder: Builder, of: Drawn): Drawn | undefined {
  const { shape } = of;
  const [channels, ...sides] = shape as [number, number, number];
  if (builder.pick(3) > 0) return undefined;
  const form = (word: string, attributes: Record<string, FileAttribute> = {}) => ({
    shape,
    attributes,
    form: `refused: ${word}`,
  });
  switch (builder.pick(5)) {
    case 0:
      return builder.on(of, ['Sigmoid', of.name], form('Sigmoid'));
    case 1:
      return builder.on(of, ['Mul', of.name, of.name], form('Mul of layers'));
    case 2:
      return builder.on(of, ['LeakyRelu', of.name], form('LeakyRelu'));
    case 3: {
      const kernel = builder.floats([channels, 1, 3, 3], 0, 1);
      const attributes = { group: channels, pads: [1, 1, 1, 1] };
      if (channels === 1) return undefined;
      return builder.on(of, ['Conv', of.name, kernel], form('groups', attributes));
    }
    default: {
      const attributes = { kernel_shape: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1] };
      if (Math.min(...sides) < 2) return undefined;
      return builder.on(of, ['AveragePool', of.name], form('windows that overlap', attributes));
    }
  }
}

/** A feature map as a vector, in one of the ways in which exporters write that. */
function drawVector(builder: Builder, of: Drawn): Drawn {
  const size = of.shape.reduce((product, length) => product * length, 1);
  const [channels] = of.shape as [number];
  const whole = { shape: [size], form: 'Reshape to a vector' };
  switch (builder.pick(8)) {
    case 0:
      return builder.on(of, ['Flatten', of.name], {
        shape: [size],
        attributes: { axis: builder.opset >= 11 ? -3 : 1 },
      });
    case 1:
      return builder.on(of, ['Reshape', of.name, builder.integers(-1, size)], whole);
    case 2:
      return builder.on(of, ['Reshape', of.name, builder.integers(0, -1)], whole);
    case 3: {
      const shape = builder.node('Shape', [of.name]);
      const zero = builder.node('Constant', [], { value: { tensor: { shape: [], data: [0] } } });
      const batch = builder.node('Gather', [shape, zero], { axis: 0 });
      const axes = builder.opset < 13 ? { axes: [0] } : {};
      const list = builder.node(
        'Unsqueeze',
        [batch, ...(builder.opset < 13 ? [] : [builder.integers(0)])],
        axes,
      );
      const target = builder.node('Concat', [list, builder.integers(-1)], { axis: 0 });
      return builder.on(of, ['Reshape', of.name, target], { ...whole, form: 'Reshape by Shape' });
    }
    case 4:
    case 5: {
      const keepdims = builder.pick(2);
      const axes = builder.oneOf([
        [2, 3],
        [-1, -2],
      ]);
      const isInput = builder.opset >= 18;
      const inputs = [of.name, ...(isInput ? [builder.integers(...axes)] : [])];
      const attributes = { keepdims, ...(isInput ? {} : { axes }) };
      const form = { shape: keepdims ? [channels, 1, 1] : [channels], attributes };
      const mean = builder.on(of, ['ReduceMean', inputs[0]!, ...inputs.slice(1)], form);
      return keepdims ? squeezed(builder, mean, channels) : mean;
    }
    case 6: {
      const mean = builder.on(of, ['GlobalAveragePool', of.name], { shape: [channels, 1, 1] });
      const so = builder.pick(2) === 0 ? mean : drawNothing(builder, mean);
      return builder.on(so, ['Flatten', so.name], { shape: [channels] });
    }
    default: {
      const mean = builder.on(of, ['GlobalAveragePool', of.name], { shape: [channels, 1, 1] });
      return squeezed(builder, mean, channels);
    }
  }
}

function squeezed(builder: Builder, of: Drawn, channels: number): Drawn {
  if (builder.opset < 13)
    return builder.on(of, ['Squeeze', of.name], { shape: [channels], attributes: { axes: [2, 3] } });
  return builder.on(of, ['Squeeze', of.name, builder.integers(2, 3)], { shape: [channels] });
}

function drawOnVector(builder: Builder, vectors: readonly Drawn[]): Drawn {
  const of = builder.latest(vectors);
  switch (builder.pick(7)) {
    case 0:
    case 1:
      return drawLinear(builder, of, 1 + builder.pick(5));
    case 2:
      return drawRelu(builder, of);
    case 3:
      return drawNorm(builder, of);
    case 4:
      return drawAffine(builder, of);
    case 5:
      return drawSum(builder, of, vectors);
    default:
      return drawConcatenation(builder, of, vectors) ?? drawNothing(builder, of);
  }
}

function drawLinear(builder: Builder, of: Drawn, outputs: number): Drawn {
  const [features] = of.shape as [number];
  const spread = 2 / Math.sqrt(features);
  const shape = [outputs];
  if (builder.pick(3) === 0)
    return builder.on(of, ['MatMul', of.name, builder.floats([features, outputs], 0, spread)], { shape });
  const transB = builder.pick(2);
  const weights = builder.floats(transB ? [outputs, features] : [features, outputs], 0, spread);
  const biases = [[outputs], [1, outputs], [1], [1, 1], []];
  const bias =
    builder.opset < 11 || builder.pick(4) > 0 ? [builder.floats(builder.oneOf(biases), 0.2, 0.5)] : [];
  const attributes = {
    ...(transB ? { transB } : {}),
    ...(builder.pick(3) === 0 ? { alpha: { float: 0.75 }, beta: { float: 1.5 } } : {}),
  };
  return builder.on(of, ['Gemm', of.name, weights, ...bias], { shape, attributes });
}
