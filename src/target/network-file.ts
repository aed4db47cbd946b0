import { createHash } from 'node:crypto';
import { Failure } from '../failure.ts';
import { readBounded } from '../files/read.ts';
import type { Tensor } from '../graph/tensor.ts';
import { type Description, networkOf, type Task } from '../networks/build.ts';
import type { Layer } from '../networks/layer.ts';
import type { Network } from '../networks/network.ts';
import { layersOfOnnx } from '../networks/onnx/layers.ts';
import type { Location } from '../spec/diagnostic.ts';
import { parseNetwork } from '../spec/network.ts';
import { MAX_SPEC_BYTES } from '../spec/yaml.ts';
import { readOnnxFile } from '../weights/onnx-file.ts';

/** A network out of a file, and its weights where the file has them too. */
export interface NetworkFile {
  readonly network: Network;
  readonly tensors?: ReadonlyMap<string, Tensor>;
  readonly sha256: string;
}

/** The network in an ONNX file, or in a description by schema/network.schema.json. Throws a Failure that says where. */
export async function readNetworkFile(path: string, task: Task): Promise<NetworkFile> {
  if (isOnnx(path)) {
    const { graph, sha256 } = await readOnnxFile(path);
    const { layers, tensors } = layersOfOnnx(graph, path, task);
    return { network: networkOf({ name: nameOf(path), layers }, task), tensors, sha256 };
  }
  const bytes = await readBounded(path, MAX_SPEC_BYTES, 'checkpoint');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { network: described(bytes.toString('utf8'), path, task), sha256 };
}

/** Rows, and columns, of images that networks are usually made for. */
const usualSides = [32, 224, 96, 64];

/**
 * The weights in an ONNX file by the names that its layers give them, for images of the size that it states, or of the first
 * usual one that it can take. Throws a Failure of kind 'checkpoint'.
 */
export async function readOnnxWeights(
  path: string,
): Promise<{ readonly tensors: ReadonlyMap<string, Tensor>; readonly sha256: string }> {
  const { graph, sha256 } = await readOnnxFile(path);
  const [, channels = 3, height, width] = graph.inputs[0]?.shape ?? [];
  const failures: unknown[] = [];
  for (const side of usualSides) {
    try {
      const input = [channels, height ?? side, width ?? side] as const;
      return { tensors: layersOfOnnx(graph, path, { classes: 1, input }).tensors, sha256 };
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failures.push(error);
    }
  }
  throw failures[0];
}

export const isOnnx = (path: string) => /\.onnx$/i.test(path);

const nameOf = (path: string) =>
  path
    .split(/[\\/]/)
    .at(-1)!
    .replace(/\.onnx$/i, '');

/** So many of a description's mistakes are told. */
const maxTold = 5;

function described(text: string, path: string, task: Task): Network {
  const parsed = parseNetwork(text, path);
  if ('layers' in parsed) {
    const description = { name: parsed.name, layers: parsed.layers as unknown as Layer[] };
    return withPlaces(description, task, parsed.locate);
  }
  const told = parsed.slice(0, maxTold).map(({ message, hint, ...at }) => {
    return `${placeOf(at)}: ${message}${hint === undefined ? '' : ` (${hint})`}`;
  });
  const more = parsed.length > maxTold ? `; and ${parsed.length - maxTold} more` : '';
  throw new Failure('spec', told.join('; ') + more, 'docs/networks.md tells how a network is described.');
}

/** What the layers do not allow is told with its place in the text. */
function withPlaces(
  description: Description,
  task: Task,
  locate: (layer: number, key: string) => Location,
): Network {
  try {
    return networkOf(description, task);
  } catch (error) {
    if (!(error instanceof Failure) || typeof error.details.layer !== 'number') throw error;
    const { layer, key } = error.details as { layer: number; key: string };
    throw new Failure(error.kind, `${placeOf(locate(layer, key))}: ${error.message}`, error.hint);
  }
}

const placeOf = ({ file, range }: Location) => `${file}:${range.line}:${range.column}`;
