import fc from 'fast-check';
import * as ort from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { createOnnxEngine } from '../../src/engine/onnx/engine.ts';
import { Failure } from '../../src/failure.ts';
import type { Engine } from '../../src/graph/program.ts';
import { input } from '../../src/graph/value.ts';
import { networkOf } from '../../src/networks/build.ts';
import { forward, frozen } from '../../src/networks/forward.ts';
import { matchParameters } from '../../src/networks/keys.ts';
import { layersOfOnnx } from '../../src/networks/onnx/layers.ts';
import { decodeOnnx } from '../../src/weights/onnx.ts';
import { accepted, classes, type DrawnGraph, drawGraph } from '../support/drawn-onnx.ts';
import { onnxBytes } from '../support/onnx-file.ts';
import { hashedImages } from './hashed.ts';

/*
 * Networks drawn as ONNX files give the logits that ONNX Runtime gives with the file itself, whatever operations are in
 * them and in whatever order; those with an operation that is not accepted are refused, and only those.
 */

const graphs = 300;

/** What ONNX Runtime computes, node by node: nothing is put together there either. */
async function expectedOf(bytes: Uint8Array, shape: readonly number[]): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(bytes, {
    ...{ graphOptimizationLevel: 'disabled', logSeverityLevel: 4, intraOpNumThreads: 1 },
  });
  const results = await session.run({ x: new ort.Tensor('float32', hashedImages(shape).data, shape) });
  await session.release();
  return results[session.outputNames[0]!]!.data as Float32Array;
}

/** What the network that the file is taken for computes. */
async function logitsOf(
  bytes: Uint8Array,
  { input: size }: DrawnGraph,
  engine: Engine,
): Promise<Float32Array> {
  const task = { classes, input: size };
  const graph = decodeOnnx(bytes, 'net.onnx').graph(new Map());
  const { layers, tensors } = layersOfOnnx(graph, 'net.onnx', task);
  const network = networkOf({ name: 'net', layers }, task);
  const weights = matchParameters(network, tensors, 'net.onnx');
  const shape = [2, ...size];
  const { logits } = forward(network, input('images', shape), frozen(weights));
  const program = await engine.compile({ name: 'net', outputs: { logits } });
  const result = await program.run({ images: hashedImages(shape) });
  await program.dispose();
  return result.logits!.data as Float32Array;
}

test(`${graphs} drawn graphs give the logits of ONNX Runtime, or a refusal where one is due`, {
  timeout: 240_000,
}, async () => {
  const engine = await createOnnxEngine(1);
  const seen = new Map<string, number>();
  let [right, refused] = [0, 0];
  const check = async (choices: number[]) => {
    const drawn = drawGraph(choices);
    const bytes = onnxBytes(drawn.content);
    if (drawn.refused !== undefined) {
      await expect(logitsOf(bytes, drawn, engine), drawn.refused).rejects.toThrow(Failure);
      refused++;
      return;
    }
    const found = await logitsOf(bytes, drawn, engine);
    const expected = await expectedOf(bytes, [2, ...drawn.input]);
    expect(found).toHaveLength(expected.length);
    const scale = Math.max(1, ...expected.map(Math.abs));
    expected.forEach((value, i) => {
      expect(Math.abs(found[i]! - value) / scale).toBeLessThan(1e-5);
    });
    right++;
    for (const word of drawn.used) seen.set(word, (seen.get(word) ?? 0) + 1);
  };
  const choices = fc.array(fc.nat(2 ** 20), { minLength: 20, maxLength: 160, size: 'max' });
  await fc.assert(fc.asyncProperty(choices, check), { numRuns: graphs, seed: 15 });
  // Nothing but what is not accepted was refused, and each form that is accepted was in some graphs.
  expect(right + refused).toBe(graphs);
  expect(right).toBeGreaterThan(0.9 * graphs);
  for (const form of accepted) expect([form, (seen.get(form) ?? 0) >= 5]).toEqual([form, true]);
});
