import { describe, expect, test } from 'vitest';
import { syntheticStep } from '../../../src/devices/synthetic.ts';
import { cpuDialect, type Dialect, gpuDialect } from '../../../src/engine/onnx/dialect.ts';
import { createOnnxEngine } from '../../../src/engine/onnx/engine.ts';
import { executableOf } from '../../../src/engine/onnx/executable.ts';
import { lower } from '../../../src/engine/onnx/lower.ts';
import { encodeModel, type Graph, type Node } from '../../../src/engine/onnx/model.ts';
import { outletOf } from '../../../src/engine/onnx/outputs.ts';
import ort from '../../../src/engine/onnx/runtime.ts';
import { convolution } from '../../../src/graph/convolution.ts';
import { multiply } from '../../../src/graph/elementwise.ts';
import { gradients } from '../../../src/graph/gradient.ts';
import { concatenate } from '../../../src/graph/layout.ts';
import { innerProduct, matmul } from '../../../src/graph/linear.ts';
import { logSoftmax, sum } from '../../../src/graph/reduction.ts';
import { sumOverSlices } from '../../../src/graph/sequence.ts';
import { sizeOf } from '../../../src/graph/tensor.ts';
import { input, type Value } from '../../../src/graph/value.ts';
import { trainingStep } from '../../../src/nern/step/training-step.ts';
import { createRandom } from '../../../src/random.ts';

const step = trainingStep(
  syntheticStep({
    depth: 20,
    hidden: 16,
    levels: 4,
    sample: 64,
    images: 8,
    imagesAtOnce: 4,
    alpha: 1,
    beta: 1,
    learningRate: 1e-3,
  }),
);

/** All nodes, those inside loops too. */
const nodesOf = ({ nodes }: Graph): Node[] =>
  nodes.flatMap(node => [
    node,
    ...Object.values(node.attributes).flatMap(attribute =>
      typeof attribute === 'object' && 'graph' in attribute ? nodesOf(attribute.graph) : [],
    ),
  ]);

/** What of a graph a GPU could not do, or only by going back to the CPU. */
const obstacles = (dialect: Dialect) =>
  new Set(
    nodesOf(lower(step, dialect)).flatMap(({ opType, domain, input }) => [
      ...(domain === 'com.microsoft.nchwc' ? ['blocks'] : []),
      ...(domain === 'com.microsoft' || opType === 'LogSoftmax' ? ['an operation that WebGPU lacks'] : []),
      ...(opType === 'Loop' ? ['a loop'] : []),
      ...(opType === 'Concat' && input.length > 7 ? ['more buffers than a shader has'] : []),
    ]),
  );

describe('the graph of a whole training step', () => {
  test('for a GPU has nothing that one could not do', () => {
    expect([...obstacles(gpuDialect)]).toEqual([]);
  });

  test('for a GPU gives all its results at once', () => {
    const outputs = lower(step, gpuDialect).outputs.map(({ shape }) => shape);
    const sizes = Object.values(step.outputs).map(({ shape }) => sizeOf(shape));
    expect(outputs).toEqual([[sizes.reduce((a, b) => a + b)]]);
  });

  test('for a CPU has what is fastest there', () => {
    const found = ['a loop', 'an operation that WebGPU lacks', 'blocks', 'more buffers than a shader has'];
    expect([...obstacles(cpuDialect(16))].sort()).toEqual(found);
  });
});

const geometries = [
  { channels: 3, filters: 4, k: 3, stride: 1, padding: 1, size: 6, images: 3 },
  { channels: 5, filters: 4, k: 3, stride: 2, padding: 1, size: 7, images: 2 },
  { channels: 4, filters: 6, k: 1, stride: 2, padding: 0, size: 5, images: 2 },
  { channels: 3, filters: 4, k: 7, stride: 2, padding: 3, size: 8, images: 2 },
  // So many channels that no two images' products fit side by side.
  { channels: 256, filters: 1024, k: 3, stride: 1, padding: 1, size: 2, images: 2 },
];

const x = input('x', [6, 5, 8]);
const y = input('y', [6, 5, 8]);
const many = Array.from({ length: 60 }, (_, i) => multiply(x, input(`factor${i}`, [])));
const cases: Record<string, Value> = {
  ...Object.fromEntries(geometries.map(geometry => [JSON.stringify(geometry), filterGradient(geometry)])),
  'a sum over slices of a batch': sumOverSlices(x, 2, rows => sum(multiply(rows, rows), [0])),
  'a sum of many values': sum(multiply(input('rows', [4_500, 3]), input('row', [1, 3]))),
  'a joining of many tensors': concatenate(many, 1),
  'inner products': innerProduct(x, y),
  'logSoftmax of extreme values': logSoftmax(multiply(x, input('large', []))),
  ...Object.fromEntries(
    [0, 1, 2, 3].map(flags => [
      `a product of matrices, transposed ${flags}`,
      matmul(
        input('a', flags & 1 ? [2, 4, 3] : [2, 3, 4]),
        input('b', flags & 2 ? [2, 5, 4] : [2, 4, 5]),
        (flags & 1) > 0,
        (flags & 2) > 0,
      ),
    ]),
  ),
};

function filterGradient({ channels, filters, k, stride, padding, size, images }: (typeof geometries)[0]) {
  const of = input('filters', [filters, channels, k, k]);
  const maps = convolution(input('maps', [images, channels, size, size]), of, input('bias', [filters]), {
    stride,
    padding,
  });
  return gradients(sum(multiply(maps, input('upstream', maps.shape))), [of])[0]!;
}

describe('the graph for a GPU, run on the CPU, computes as that for a CPU', () => {
  test.each(Object.entries(cases))('%s', async (_name, result) => {
    const program = { name: 'case', outputs: { result } };
    const random = createRandom(3, 'gpu-graph');
    const feeds = Object.fromEntries(
      lower(program, gpuDialect).inputs.map(({ name, shape }) => [
        name,
        { shape, data: Float32Array.from({ length: sizeOf(shape) }, () => 10 * random.normal()) },
      ]),
    );
    const session = await ort.InferenceSession.create(encodeModel(lower(program, gpuDialect)));
    const forGpu = executableOf('onnx:cpu', session, 'case', outletOf(program, gpuDialect));
    const forCpu = await createOnnxEngine(1).compile(program);
    const { result: got } = await forGpu.run(feeds);
    const { result: expected } = await forCpu.run(feeds);
    expect(got.shape).toEqual(expected.shape);
    const largest = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const error = expected.data.reduce((most, value, i) => Math.max(most, Math.abs(value - got.data[i]!)), 0);
    expect(largest).toBeGreaterThan(1);
    expect(error / largest).toBeLessThan(1e-6);
  });
});
