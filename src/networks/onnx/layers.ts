import { Failure } from '../../failure.ts';
import type { Tensor } from '../../graph/tensor.ts';
import type { OnnxGraph, OnnxNode } from '../../weights/onnx.ts';
import type { Task } from '../build.ts';
import type { Layer } from '../layer.ts';
import { integersOf } from './integers.ts';
import type { State } from './state.ts';
import { translations } from './translations.ts';

/** A network's layers, and its weights under the names that these give them. */
export interface Layers {
  readonly layers: Layer[];
  readonly tensors: Map<string, Tensor>;
}

/**
 * The layers that the nodes of an ONNX graph amount to. Nodes that belong together become one: a convolution and the batch
 * norm behind it, a product and the sum with its bias, strides and pads on an identity path. Throws a Failure of kind
 * 'checkpoint' that names the node that is none of ours, or not in a form of ours.
 */
export function layersOfOnnx(graph: OnnxGraph, file: string, { input }: Task): Layers {
  const image = imageOf(graph, file, input);
  const state: State = {
    layers: [],
    tensors: new Map(),
    named: new Map([[image, 'image']]),
    channels: new Map([['image', input[0]]]),
    strided: new Map(),
    integers: new Map(graph.integers),
    fixed: new Map(graph.tensors),
    uses: usesOf(graph),
  };
  for (const node of graph.nodes) {
    const integers = integersOf(node, state.integers);
    if (integers) {
      state.integers.set(node.outputs[0]!, integers);
      continue;
    }
    const refuse = (expected: string, found: string) => refused(file, node, expected, found);
    const translate = Object.hasOwn(translations, node.operation) ? translations[node.operation] : undefined;
    if (!translate)
      throw refuse(`an operation out of ${Object.keys(translations).join(', ')}`, node.operation);
    translate(node, state, refuse);
  }
  const [output] = graph.outputs;
  const last = state.named.get(output ?? '');
  if (graph.outputs.length !== 1 || last === undefined || last !== state.layers.at(-1)?.to)
    throw new Failure(
      'checkpoint',
      `Expected ${file} to have one output, the logits, got ${graph.outputs.join(', ') || 'none'}`,
      'Export the network in evaluation mode, without a softmax at its end.',
    );
  return { layers: state.layers, tensors: state.tensors };
}

const refused = (file: string, { name, operation }: OnnxNode, expected: string, found: string) =>
  new Failure(
    'checkpoint',
    `${file}: expected node \`${name}\` (${operation}) to have ${expected}, got ${found}`,
    'docs/networks.md lists what a network may consist of.',
  );

function usesOf({ nodes, outputs }: OnnxGraph): Map<string, number> {
  const uses = new Map<string, number>();
  for (const name of [...nodes.flatMap(({ inputs }) => inputs), ...outputs])
    uses.set(name, (uses.get(name) ?? 0) + 1);
  return uses;
}

function imageOf({ inputs }: OnnxGraph, file: string, expected: Task['input']): string {
  const [image] = inputs;
  const fits =
    image?.shape.length === 4 &&
    image.shape.slice(1).every((length, i) => length === undefined || length === expected[i]);
  if (inputs.length === 1 && image && fits) return image.name;
  const found = inputs.map(({ shape }) => `[${shape.map(length => length ?? '?').join(', ')}]`);
  throw new Failure(
    'checkpoint',
    `Expected ${file} to take images [n, ${expected.join(', ')}], those of the data set, got ${found.join(' and ') || 'no input'}`,
    'Export the network for images of this size, or with open sizes (`dynamic_axes`).',
  );
}
