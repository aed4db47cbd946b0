import type { Tensor } from '../../graph/tensor.ts';
import type { ConvolutionLayer, Layer, NormLayer } from '../layer.ts';

/** A network's layers, and its weights under the names that these give them. */
export interface Layers {
  readonly layers: Layer[];
  readonly tensors: Map<string, Tensor>;
}

/**
 * The same network in fewer layers: a norm becomes part of the convolution whose result only it takes, and a factor and an
 * offset for each channel (the norms named in `affine`) part of the layer that they follow. Layers that `output` does not
 * depend on are left out.
 */
export function folded({ layers, tensors }: Layers, affine: ReadonlySet<string>, output: string): Layers {
  const needed = reachable(layers, output);
  const uses = countUses(needed, output);
  const kept = new Map<string, Layer>();
  /** What a layer that was folded is now called. */
  const calls = new Map<string, string>();
  const called = (name: string) => calls.get(name) ?? name;
  const all = new Map(tensors);
  for (const layer of needed) {
    const from = Array.isArray(layer.from) ? layer.from.map(called) : called(layer.from as string);
    const own = { ...layer, from } as Layer;
    const before =
      own.kind === 'norm' && uses.get(layer.from as string) === 1 ? kept.get(own.from as string) : undefined;
    const joined =
      before && join(before, own as NormLayer, { affine, tensors: all, isShared: isShared(needed) });
    if (joined) {
      kept.set(before.to!, joined);
      calls.set(own.to!, before.to!);
    } else kept.set(own.to!, own);
  }
  const parameters = new Set([...kept.values()].flatMap(parameterNames));
  const ofLayers = [...all].filter(([name]) => parameters.has(name.slice(0, name.lastIndexOf('.'))));
  return { layers: [...kept.values()], tensors: new Map(ofLayers) };
}

interface Joining {
  readonly affine: ReadonlySet<string>;
  /** Changed where numbers are. */
  readonly tensors: Map<string, Tensor>;
  readonly isShared: (convolution: ConvolutionLayer) => boolean;
}

/** A layer with the norm behind it in it; undefined where they stay two. */
function join(before: Layer, norm: NormLayer, { affine, tensors, isShared }: Joining): Layer | undefined {
  const isAffine = affine.has(norm.name);
  const get = (name: string) => tensors.get(name)!.data;
  const [factor, offset] = [get(`${norm.name}.weight`), get(`${norm.name}.bias`)];
  const change = (name: string, by: (value: number, channel: number) => number) => {
    const { shape, data } = tensors.get(name)!;
    const width = data.length / shape[0]!;
    tensors.set(name, { shape, data: data.map((value, i) => by(value, Math.floor(i / width))) });
  };
  const scaleAndMove = (name: string) => {
    change(`${name}.weight`, (value, channel) => value * factor[channel]!);
    change(`${name}.bias`, (value, channel) => value * factor[channel]! + offset[channel]!);
  };
  switch (before.kind) {
    case 'convolution':
      if (before.norm !== undefined) {
        if (!isAffine) return undefined;
        scaleAndMove(before.norm);
        return before;
      }
      if (!isAffine || factor.some(value => value !== 1) || isShared(before))
        return { ...before, norm: norm.name, epsilon: norm.epsilon! };
      if (before.bias) change(`${before.name}.bias`, (value, channel) => value + offset[channel]!);
      else tensors.set(`${before.name}.bias`, { shape: [offset.length], data: offset });
      return { ...before, bias: true };
    case 'norm':
    case 'linear':
      if (!isAffine) return undefined;
      scaleAndMove(before.name);
      return before;
    default:
      return undefined;
  }
}

/** Whether the parameters of a convolution are another one's too. */
function isShared(layers: readonly Layer[]): Joining['isShared'] {
  const names = layers.flatMap(layer => (layer.kind === 'convolution' ? layer.name : []));
  return ({ name }) => names.indexOf(name) !== names.lastIndexOf(name);
}

function parameterNames(layer: Layer): string[] {
  if (layer.kind === 'convolution') return layer.norm === undefined ? [layer.name] : [layer.name, layer.norm];
  return layer.kind === 'norm' || layer.kind === 'linear' ? [layer.name] : [];
}

const sources = ({ from }: Layer): readonly string[] => [from ?? []].flat();

function reachable(layers: readonly Layer[], output: string): Layer[] {
  const wanted = new Set([output]);
  const found = layers.toReversed().filter(layer => {
    if (!wanted.has(layer.to!)) return false;
    for (const name of sources(layer)) wanted.add(name);
    return true;
  });
  return found.reverse();
}

function countUses(layers: readonly Layer[], output: string): Map<string, number> {
  const uses = new Map([[output, 1]]);
  for (const name of layers.flatMap(sources)) uses.set(name, (uses.get(name) ?? 0) + 1);
  return uses;
}
