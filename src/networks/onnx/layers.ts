import { Failure } from '../../failure.ts';
import type { OnnxGraph, OnnxNode } from '../../weights/onnx.ts';
import type { Task } from '../build.ts';
import { computed, maxComputed } from './constants.ts';
import { folded, type Layers } from './fold.ts';
import { liveNodes } from './live.ts';
import { asVector } from './reshaping.ts';
import type { Made, State } from './state.ts';
import { translations } from './translations.ts';

/**
 * The layers that the nodes of an ONNX graph amount to: each node by itself first, then those that belong together as one
 * (a convolution and the batch norm behind it, a product and its bias). Throws a Failure of kind 'checkpoint' that names
 * the node that is none of ours, or not in a form of ours.
 */
export function layersOfOnnx(graph: OnnxGraph, file: string, task: Task): Layers {
  const nodes = liveNodes(graph);
  const image = imageOf(graph, nodes, file, task.input);
  const state: State = {
    name: file,
    task,
    batch: image.shape[0],
    constants: new Map(graph.constants),
    made: new Map([[image.name, { layer: 'image', shape: task.input }]]),
    layers: [],
    tensors: new Map(),
    shapes: new Map([['image', task.input]]),
    kernels: new Map(),
    affine: new Set(),
  };
  let room = maxComputed;
  for (const node of nodes) {
    const constant = computed(node, state.constants, room);
    if (constant) {
      room -= constant.data.length;
      state.constants.set(node.outputs[0]!, constant);
      continue;
    }
    const made = translated(node, state, file);
    if (made) state.made.set(node.outputs[0]!, made);
  }
  return folded(state, state.affine, logitsOf(graph, state, file).layer);
}

function translated(node: OnnxNode, state: State, file: string): Made | undefined {
  const refuse = (expected: string, found: string) => refused(file, node, expected, found);
  const translate = Object.hasOwn(translations, node.operation) ? translations[node.operation] : undefined;
  if (!translate) throw refuse(`an operation out of ${Object.keys(translations).join(', ')}`, node.operation);
  try {
    return translate(node, state, refuse);
  } catch (error) {
    // Layers that do not fit each other are told by the node that they come from.
    if (!(error instanceof Failure) || error.kind !== 'spec') throw error;
    throw new Failure(
      'checkpoint',
      `${file}: node \`${node.name}\` (${node.operation}): ${error.message}`,
      seeDocs,
    );
  }
}

const seeDocs = 'docs/networks.md lists what a network may consist of.';

function refused(file: string, { name, operation }: OnnxNode, expected: string, found: string): Failure {
  return new Failure(
    'checkpoint',
    `${file}: expected node \`${name}\` (${operation}) to have ${expected}, got ${found}`,
    hints.find(([pattern]) => pattern.test(operation))?.[1] ?? seeDocs,
  );
}

const hints = [
  [/Softmax$/, 'Export the network without a softmax: its logits are wanted.'],
  [/quantize|^QLinear|Integer$/i, 'Export the network as it was before it was quantised.'],
  [/^(If|Loop|Scan)$/, 'Export the network by tracing, for one path through it.'],
] as const;

/** What the output is, as a vector for each image. */
function logitsOf({ outputs }: OnnxGraph, state: State, file: string): Made {
  const [output = ''] = outputs;
  const made = state.made.get(output);
  if (outputs.length !== 1 || !made || made.layer === 'image' || made.halved || made.margin !== undefined)
    throw new Failure(
      'checkpoint',
      `Expected ${file} to have one output, the logits, got ${outputs.join(', ') || 'none'}`,
      'Export the network in evaluation mode, without a softmax at its end.',
    );
  const isPlain = made.shape.slice(1).every(length => length === 1);
  return isPlain ? asVector(made, `${output}/vector`, state) : made;
}

type Input = OnnxGraph['inputs'][number];

function imageOf(graph: OnnxGraph, nodes: readonly OnnxNode[], file: string, expected: Task['input']): Input {
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  const inputs = graph.inputs.length > 1 ? graph.inputs.filter(({ name }) => read.has(name)) : graph.inputs;
  const [image] = inputs;
  const isLike = (shape: readonly (number | undefined)[]) =>
    shape.length === 4 && shape.slice(1).every((length, i) => length === undefined || length === expected[i]);
  if (inputs.length === 1 && image && isLike(image.shape)) return image;
  const found = inputs.map(({ shape }) => `[${shape.map(length => length ?? '?').join(', ')}]`);
  throw new Failure(
    'checkpoint',
    `Expected ${file} to take images [n, ${expected.join(', ')}], those of the data set, got ${found.join(' and ') || 'no input'}`,
    hintFor(inputs, isLike),
  );
}

function hintFor(inputs: readonly Input[], isLike: (shape: Input['shape']) => boolean): string {
  const [{ shape } = { shape: [] }] = inputs;
  const [batch, ...sizes] = shape;
  if (inputs.length === 1 && sizes.length === 3 && isLike([batch, sizes[2], sizes[0], sizes[1]]))
    return 'It takes its channels last: convert it to channels first (tf2onnx: `--inputs-as-nchw`).';
  if (inputs.length === 1 && sizes.length === 3 && (sizes[0] === 1 || sizes[2] === 1))
    return 'It takes images of one channel, and data sets have colours: give it a first convolution of three channels.';
  return 'Export the network for images of this size, or with open sizes (`dynamic_axes`).';
}
