import { Failure } from '../failure.ts';
import { windowsAlong } from '../graph/pooling.ts';
import { sizeOf } from '../graph/tensor.ts';
import type { ConvolutionLayer, Layer } from './layer.ts';
import type { Network, Step } from './network.ts';

/** A network before the data set is known: its layers from the image to the logits. */
export interface Description {
  readonly name: string;
  readonly layers: readonly Layer[];
}

/** What the images that a network is shown ask of it. */
export interface Task {
  readonly classes: number;
  /** Channels, height, width. */
  readonly input: Network['input'];
}

/** Of a feature map, in values: far above any network's, low enough that what a file claims fills no memory. */
const maxValues = 2 ** 28;

/** Batch norm's usual eps. */
const normEpsilon = 1e-5;

/**
 * The network of a description for images of this size and so many classes: shapes and names are worked out, and checked
 * against each other. Throws a Failure of kind 'spec' whose details name the layer and the key that cannot be.
 */
export function networkOf({ name, layers }: Description, { classes, input }: Task): Network {
  const shapes = new Map<string, readonly number[]>([['image', input]]);
  const untouched = new Set(['image']);
  const kernels = new Map<string, readonly number[]>();
  let last = 'image';
  const steps = layers.map((layer, index): Step => {
    const { step, shape } = stepOf(layer, index, { name, classes, shapes, last });
    shapes.set(step.to, shape);
    if (step.kind === 'convolution') {
      const other = kernels.get(step.weight) ?? step.shape;
      if (other.join() !== step.shape.join())
        throw refusal(name, layer, index)(
          'name',
          `that of kernels [${step.shape.join(', ')}]`,
          `of [${other.join(', ')}]`,
        );
      kernels.set(step.weight, other);
    }
    if ([step.from].flat().every(from => untouched.has(from)) && !isRepresented(step)) untouched.add(step.to);
    last = step.to;
    // A map that is the same in both networks adds nothing to what their maps differ in.
    return 'compared' in step && untouched.has(step.to) ? { ...step, compared: false } : step;
  });
  const outcome = shapes.get(last)!;
  if (outcome.length !== 1 || outcome[0] !== classes) {
    throw new Failure(
      'spec',
      `Expected ${name} to end with one value for each of ${classes} classes, got [${outcome.join(', ')}]`,
      'The last layer makes the logits: `linear`, or `average` behind a convolution with `filters: classes`.',
      { layer: layers.length - 1, key: 'kind' },
    );
  }
  return { name, classes, input, steps, untouched };
}

/** What is known where a layer is put behind others. */
interface Before {
  /** Of the network. */
  readonly name: string;
  readonly classes: number;
  /** Of what earlier layers make, and of `image`. */
  readonly shapes: Shapes;
  /** What a layer without a `from` is given. */
  readonly last: string;
}

/** A layer with all that it leaves open, and the shape of what it makes of one image. Throws as `networkOf` does. */
export function stepOf(
  layer: Layer,
  index: number,
  { name, classes, shapes, last }: Before,
): { readonly step: Step; readonly shape: readonly number[] } {
  const refuse = refusal(name, layer, index);
  const froms = layer.from === undefined ? [last] : [layer.from].flat();
  for (const from of froms) {
    if (!shapes.has(from)) throw refuse('from', 'the name of an earlier layer', from);
  }
  const to = layer.to ?? ownName(layer, index);
  if (shapes.has(to)) throw refuse('to', 'a name that no earlier layer has', to);
  const step = resolve(layer, to, froms, shapes, classes, refuse);
  const shape = shapeOf(step, shapes, refuse);
  if (sizeOf(shape) > maxValues) throw refuse('kind', `at most ${maxValues} values large`, sizeOf(shape));
  return { step, shape };
}

type Refuse = (key: string, expected: string, found: unknown) => Failure;
type Shapes = ReadonlyMap<string, readonly number[]>;

const refusal =
  (network: string, layer: Layer, index: number): Refuse =>
  (key, expected, found) => {
    const own = 'name' in layer ? ` \`${layer.name}\`` : '';
    return new Failure(
      'spec',
      `Expected \`${key}\` of layer ${index} (${layer.kind}${own}) of ${network} to be ${expected}, got \`${found}\``,
      undefined,
      { layer: index, key },
    );
  };

const ownName = (layer: Layer, index: number) => ('name' in layer ? layer.name : `${layer.kind}-${index}`);

const isRepresented = (step: Step) => step.kind === 'convolution' && step.represented;

/** A layer with everything that is left open in it. */
function resolve(
  layer: Layer,
  to: string,
  froms: readonly string[],
  shapes: Shapes,
  classes: number,
  refuse: Refuse,
): Step {
  const [from] = froms as [string];
  const channels = shapes.get(from)![0]!;
  const counted = (of: number | 'classes') => (of === 'classes' ? classes : of);
  switch (layer.kind) {
    case 'convolution':
      return { ...convolutionStep(layer, counted(layer.filters), channels, refuse), to, from };
    case 'norm': {
      const { kind, name, epsilon = normEpsilon } = layer;
      return { kind, to, from, norm: name, epsilon, channels };
    }
    case 'linear': {
      const { kind, name, outputs = 'classes' } = layer;
      const [weight, bias] = [`${name}.weight`, `${name}.bias`];
      return { kind, to, from, weight, bias, features: channels, outputs: counted(outputs) };
    }
    case 'add':
      return { compared: true, ...layer, to, from: froms };
    case 'concatenate':
      return { ...layer, to, from: froms };
    case 'max-pool':
      return { stride: layer.size, padding: 0, ceil: false, ...layer, to, from };
    default:
      return { ...layer, to, from };
  }
}

function convolutionStep(layer: ConvolutionLayer, filters: number, channels: number, refuse: Refuse) {
  const { name, size, stride = 1, padding = Math.floor((size - 1) / 2), bias, norm } = layer;
  const { represented = size === 1 || size === 3, compared = true, epsilon = normEpsilon } = layer;
  if (represented && size % 2 === 0)
    throw refuse('size', 'odd where the convolution is represented, for kernels have a centre', size);
  return {
    kind: 'convolution' as const,
    weight: `${name}.weight`,
    bias: bias ? `${name}.bias` : undefined,
    shape: [filters, channels, size, size] as const,
    ...{ norm, epsilon, stride, padding, represented, compared },
  };
}

/** Kinds of layers that take feature maps and vectors. */
const ofAnyRank: ReadonlySet<Step['kind']> = new Set(['relu', 'norm', 'add', 'concatenate', 'flatten']);

/** The shape of what a step makes, for one image. */
function shapeOf(step: Step, shapes: Shapes, refuse: Refuse): readonly number[] {
  const of = [step.from].flat().map(from => shapes.get(from)!);
  const [x] = of as [readonly number[]];
  const told = `[${of.map(shape => shape.join(', ')).join('] and [')}]`;
  const rank = step.kind === 'linear' ? 1 : 3;
  if (!ofAnyRank.has(step.kind) && of.some(shape => shape.length !== rank))
    throw refuse('from', rank === 1 ? 'a vector' : 'a feature map', told);
  const along = (size: number, stride: number, padding: number, ceil = false) => {
    const sides = x.slice(1).map(length => windowsAlong(length, { size, stride, padding }, ceil));
    if (sides.some(side => side < 1)) throw refuse('size', `no larger than the feature map ${told}`, size);
    return sides;
  };
  switch (step.kind) {
    case 'convolution':
      return [step.shape[0], ...along(step.shape[2], step.stride, step.padding)];
    case 'max-pool':
      if (step.padding >= step.size) throw refuse('padding', 'below `size`', step.padding);
      return [x[0]!, ...along(step.size, step.stride, step.padding, step.ceil)];
    case 'average-pool':
      if (x.slice(1).some(length => length % step.size !== 0))
        throw refuse('size', `a divisor of the sides of ${told}`, step.size);
      return [x[0]!, ...along(step.size, step.size, 0)];
    case 'subsample':
      if (step.channels < x[0]! || (step.channels - x[0]!) % 2 !== 0)
        throw refuse('channels', `${x[0]} or more by an even number`, step.channels);
      return [step.channels, ...along(1, 2, 0)];
    case 'concatenate':
      if (of.some(shape => shape.slice(1).join() !== x.slice(1).join()))
        throw refuse('from', 'feature maps of one height and width', told);
      return [of.reduce((total, shape) => total + shape[0]!, 0), ...x.slice(1)];
    case 'add':
      if (of.length < 2 || of.some(shape => shape.join() !== x.join()))
        throw refuse('from', 'two or more layers of one shape', told);
      return x;
    case 'average':
      return [x[0]!];
    case 'flatten':
      return [sizeOf(x)];
    case 'linear':
      return [step.outputs];
    case 'norm':
    case 'relu':
      return x;
  }
}
