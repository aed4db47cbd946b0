import type { Tensor } from '../../graph/tensor.ts';
import type { Integers, OnnxNode } from '../../weights/onnx.ts';
import type { Layer } from '../layer.ts';
import type { Refuse } from './attributes.ts';

/** What is known while the nodes are gone through. */
export interface State {
  /** Weights by the names that nodes call them by. */
  readonly fixed: Map<string, Tensor>;
  readonly layers: Layer[];
  readonly tensors: Map<string, Tensor>;
  /** The layer that makes what a node's output is called by. */
  readonly named: Map<string, string>;
  /** Of feature maps, by layer. */
  readonly channels: Map<string, number>;
  /** Outputs of which every second row, and column, of a layer is taken. */
  readonly strided: Map<string, { readonly of: string; readonly sides: readonly number[] }>;
  /** Shapes, axes and pads: fixed, or computed by nodes so far. */
  readonly integers: Map<string, Integers>;
  /** How many nodes read an output. */
  readonly uses: ReadonlyMap<string, number>;
}

/** Adds a layer that makes a node's output; `channels` of what it makes, where that is a feature map. */
export function put(node: OnnxNode, layer: Layer, state: State, channels?: number): void {
  const to = node.outputs[0]!;
  state.layers.push({ ...layer, to });
  state.named.set(to, to);
  if (channels !== undefined) state.channels.set(to, channels);
}

/** The layer that a node's input comes from. */
export function source(node: OnnxNode, index: number, state: State, refuse: Refuse): string {
  const found = state.named.get(node.inputs[index] ?? '');
  if (found === undefined)
    throw refuse('what an earlier layer makes as its input', `\`${node.inputs[index] ?? ''}\``);
  return found;
}

export function weight(node: OnnxNode, index: number, state: State, refuse: Refuse): Tensor {
  const found = state.fixed.get(node.inputs[index] ?? '');
  if (!found) throw refuse('fixed weights', `\`${node.inputs[index] ?? 'none'}\``);
  return found;
}

/** What the parameters of a layer are called: as in the network that was exported, if its names were kept. */
export function parametersOf(node: OnnxNode, index: number, { tensors }: State): string {
  const [, kept] = /^(.+)\.weight$/.exec(node.inputs[index] ?? '') ?? [];
  const name = kept ?? node.name;
  return tensors.has(`${name}.weight`) ? node.outputs[0]! : name;
}
