import type { Tensor } from '../../graph/tensor.ts';
import type { OnnxNode } from '../../weights/onnx.ts';
import type { Constant } from '../../weights/onnx-tensors.ts';
import { stepOf, type Task } from '../build.ts';
import type { Layer } from '../layer.ts';
import type { Refuse } from './attributes.ts';

/** What a node's output stands for. */
export interface Made {
  readonly layer: string;
  /** As ONNX has it, without the batch: feature maps stay such when nothing but their channels is left. */
  readonly shape: readonly number[];
  /** It is the mean of all positions of this layer's feature map. */
  readonly meanOf?: string;
  /** Sides along which every second position is taken of it; ends in a layer when it is used. */
  readonly halved?: readonly number[];
  /** So many zeros are put around it; the convolution that it goes to takes them as its padding. */
  readonly margin?: number;
}

/** What is known while the nodes are gone through. */
export interface State {
  /** For messages. */
  readonly name: string;
  readonly task: Task;
  /** Images in a batch, where the file fixes that. */
  readonly batch: number | undefined;
  readonly constants: Map<string, Constant>;
  readonly made: Map<string, Made>;
  readonly layers: Layer[];
  readonly tensors: Map<string, Tensor>;
  /** Of what layers make, by their names. */
  readonly shapes: Map<string, readonly number[]>;
  /** The layer whose parameters a convolution's weights became, and their bias. */
  readonly kernels: Map<Constant, { readonly name: string; readonly bias: Constant | undefined }>;
  /** Norms that are no more than a factor and an offset for each channel. */
  readonly affine: Set<string>;
}

/** Adds a layer, which makes what is called `to`. */
export function put(layer: Layer, to: string, state: State): Made {
  const name = to === 'image' ? 'image-' : to;
  const named = { ...layer, to: name };
  const { classes } = state.task;
  const before = { name: state.name, classes, shapes: state.shapes, last: 'image' };
  const { shape } = stepOf(named, state.layers.length, before);
  state.layers.push(named);
  state.shapes.set(name, shape);
  return { layer: name, shape };
}

/** What a node's input stands for, if an earlier layer makes it: as it is, for those who know what to do with it. */
export function raw(node: OnnxNode, index: number, state: State, refuse: Refuse): Made {
  const name = node.inputs[index] ?? '';
  const found = state.made.get(name);
  if (!found) throw refuse('what an earlier layer makes as its input', `\`${name}\``);
  return found;
}

/** The same as what a layer makes. */
export function source(node: OnnxNode, index: number, state: State, refuse: Refuse): Made {
  const { halved, margin, ...made } = raw(node, index, state, refuse);
  if (margin !== undefined) throw refuse('zeros around its input only if it is a convolution', `${margin}`);
  if (!halved) return made;
  if (halved.toSorted().join() !== '2,3')
    throw refuse('every second row and column of its input, or all', `every second along axis ${halved}`);
  const name = node.inputs[index]!;
  const [channels] = made.shape as [number];
  const whole = put({ kind: 'subsample', channels, from: made.layer }, name, state);
  state.made.set(name, whole);
  return whole;
}

export function constant(node: OnnxNode, index: number, state: State): Constant | undefined {
  return state.constants.get(node.inputs[index] ?? '');
}

/** Fixed floating point numbers. */
export function weight(node: OnnxNode, index: number, state: State, refuse: Refuse): Tensor & Constant {
  const found = constant(node, index, state);
  if (found && isTensor(found)) return found;
  throw refuse('fixed weights in floating point numbers', `\`${node.inputs[index] ?? 'none'}\``);
}

const isTensor = (of: Constant): of is Tensor => of.data instanceof Float32Array;

/** Whether a node has this input at all. */
export const has = ({ inputs }: OnnxNode, index: number) => (inputs[index] ?? '') !== '';

/** What the parameters of a layer are called: as in the network that was exported, if its names were kept. */
export function parametersOf(node: OnnxNode, index: number, { tensors }: State): string {
  const [, kept] = /^(.+)\.weight$/.exec(node.inputs[index] ?? '') ?? [];
  const names = [kept, node.name, ...node.outputs].filter(name => name);
  const free = names.find(name => !tensors.has(`${name}.weight`));
  return free ?? `${node.outputs[0]}/${tensors.size}`;
}
