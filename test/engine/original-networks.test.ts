import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../src/graph/program.ts';
import { sizeOf } from '../../src/graph/tensor.ts';
import { originalStep } from '../../src/nern/step/target-step.ts';
import { networkOf } from '../../src/networks/build.ts';
import { catalogue } from '../../src/networks/catalogue.ts';
import { pack, parameterSlots, type Slots, unpack } from '../../src/networks/slots.ts';
import { sgd } from '../../src/optim/sgd.ts';
import { revealGradient } from '../support/reveal-gradient.ts';
import { describeEngines, isSlow, tolerance } from './engines.ts';

/** A tensor: its norm, and its values at even distances. */
interface Told {
  readonly norm: number;
  readonly values: readonly number[];
}

interface Case {
  readonly losses: readonly number[];
  readonly gradient: Readonly<Record<string, Told>>;
  readonly change: Readonly<Record<string, Told>>;
  /** How far PyTorch's own float32 is off. */
  readonly float32: number;
}

/** Steps of training by PyTorch and torchvision (bench/peers/original_networks_reference.py). */
const reference = JSON.parse(
  readFileSync(new URL('../fixtures/original/networks.json', import.meta.url), 'utf8'),
);
const { images: count, size, samples, settings } = reference;
const classes = 10;

/** Numbers in [-1, 1), by their index, as the reference has them: a finaliser of 32-bit hashes. */
function drawn(start: number, length: number): Float64Array {
  return Float64Array.from({ length }, (_, i) => {
    let h = Math.imul(start + i, 2_654_435_761);
    h = Math.imul(h ^ (h >>> 16), 2_246_822_507);
    h = Math.imul(h ^ (h >>> 13), 3_266_489_909);
    return ((h ^ (h >>> 16)) >>> 0) / 2 ** 31 - 1;
  });
}

/** The weights that training starts from, drawn in the order of their names. */
function initialState(slots: readonly Slots[]): Map<string, Float32Array> {
  const shapes = slots.flatMap(({ places }) => [...places].map(([name, { shape }]) => ({ name, shape })));
  let at = 0;
  return new Map(
    shapes
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, shape }) => {
        const values = drawn(at, sizeOf(shape));
        at += values.length;
        const [, ...inputs] = shape;
        const spread = inputs.length > 0 ? Math.sqrt(6 / sizeOf(inputs)) : 1 / 4;
        const isOne = name.endsWith('running_var') || /bn.*weight$/.test(name);
        return [name, Float32Array.from(values, x => x * spread + (isOne ? 1 : 0))] as const;
      }),
  );
}

/** The error of a tensor's values over the largest, and of its norm. */
function errorOf(got: Float32Array, { norm, values }: Told): number {
  const largest = Math.max(...values.map(Math.abs), norm / Math.sqrt(got.length));
  const at = (i: number) => (got.length > samples ? Math.floor((i * got.length) / samples) : i);
  const errors = values.map((value, i) => Math.abs(got[at(i)]! - value) / largest);
  const ofGot = Math.sqrt(got.reduce((total, x) => total + x * x, 0));
  return Math.max(...errors, Math.abs(ofGot / norm - 1));
}

const vector = (data: Float32Array) => ({ shape: [data.length], data });

await describeEngines('networks without identity paths are trained as PyTorch trains them', engine => {
  const names = Object.keys(reference.networks) as (keyof typeof catalogue)[];
  describe.each(names)('%s', name => agreesWithPyTorch(name, engine));
});

function agreesWithPyTorch(name: keyof typeof catalogue, engine: Engine): void {
  const expected: Case = reference.networks[name];
  const network = networkOf({ name, layers: catalogue[name]('A') }, { classes, input: [3, size, size] });
  const { learned, statistics } = parameterSlots(network);
  const initial = initialState([learned, statistics]);
  const vectorOf = (slots: Slots) => pack(slots, (key, _, into) => into.set(initial.get(key)!));
  const start = { parameters: vectorOf(learned), statistics: vectorOf(statistics) };
  const labels = Float32Array.from({ length: count * classes }, (_, i) =>
    i % classes === Math.floor(i / classes) ? 1 : 0,
  );
  const shape = [count, 3, size, size];
  const batch = {
    images: { shape, data: Float32Array.from(drawn(1e8, sizeOf(shape)), x => 2 * x) },
    labels: { shape: [count, classes], data: labels },
  };
  const stateOf = (state: Record<string, Float32Array>) =>
    Object.fromEntries(
      Object.entries(state).flatMap(([key, data]) => (data.length > 0 ? [[key, vector(data)]] : [])),
    );

  test.skipIf(isSlow(engine))('the first gradient', async () => {
    const definition = { network, images: count, optimizer: revealGradient, labels: 1 };
    const step = await engine.compile(originalStep(definition));
    const result = await step.run({ ...stateOf(start), ...batch });
    await step.dispose();
    const gradient = unpack(learned, result.parameters!.data);
    expect([...gradient.keys()].sort()).toEqual(Object.keys(expected.gradient).sort());
    for (const [key, { data }] of gradient)
      expect(errorOf(data, expected.gradient[key]!), key).toBeLessThan(tolerance(engine));
  });

  test.skipIf(isSlow(engine))('four steps, and the statistics that they leave', async () => {
    const optimizer = sgd(settings);
    const step = await engine.compile(originalStep({ network, images: count, optimizer, labels: 1 }));
    let state: Record<string, Float32Array> = { ...start, ...optimizer.initialState(start.parameters) };
    for (const [i, loss] of expected.losses.entries()) {
      const rate = { shape: [], data: Float32Array.of(settings.lr) };
      const result = await step.run({ ...stateOf(state), rate, ...batch });
      expect(Math.abs(result.loss!.data[0]! / loss - 1), `loss ${i}`).toBeLessThan(tolerance(engine));
      state = Object.fromEntries(
        Object.entries(state).map(([key, before]) => [key, result[key]?.data ?? before]),
      );
    }
    await step.dispose();
    const final = new Map([...unpack(learned, state.parameters!), ...unpack(statistics, state.statistics!)]);
    for (const [key, { data }] of final) {
      const change = data.map((value, i) => value - initial.get(key)![i]!);
      expect(errorOf(change, expected.change[key]!), key).toBeLessThan(
        tolerance(engine) + 5 * expected.float32,
      );
    }
  });
}
