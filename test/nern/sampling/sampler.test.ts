import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createSampler,
  kernelNorms,
  type Sampling,
  sampledLayers,
} from '../../../src/nern/sampling/sampler.ts';
import { createRandom, restoreRandom } from '../../../src/random.ts';

const magnitude = { method: 'magnitude', batch: 10, uniform: 0 } as const;
const uniform = { method: 'uniform', batch: 10 } as const;

/** How often each kernel was drawn, over many steps. */
function frequencies(
  sampling: typeof magnitude | typeof uniform,
  norms: Float64Array,
  steps: number,
): number[] {
  const draw = createSampler(sampling, norms);
  const random = createRandom(0, 'sampler');
  const counts = Array.from(norms, () => 0);
  for (let step = 0; step < steps; step++) for (const kernel of draw(random, step)) counts[kernel]!++;
  return counts.map(count => count / (steps * sampling.batch));
}

/** Pearson's statistic per degree of freedom: about 1 when the expected shares are right. */
function deviation(shares: number[], expected: number[], draws: number): number {
  const terms = shares.map((share, i) => (draws * (share - expected[i]!) ** 2) / expected[i]!);
  return terms.reduce((sum, term) => sum + term) / (shares.length - 1);
}

describe('kernelNorms', () => {
  it('takes each kernel by itself, over all layers', () => {
    const norms = kernelNorms([
      { shape: [1, 2, 2, 2], data: Float32Array.of(3, 0, 0, 4, 0, 0, 0, 0) },
      { shape: [2, 1, 1, 1], data: Float32Array.of(-2, 1) },
    ]);
    expect([...norms]).toEqual([5, 0, 2, 1]);
  });
});

describe('createSampler', () => {
  const norms = Float64Array.from({ length: 40 }, (_, i) => i);
  const all = Uint32Array.from({ length: 40 }, (_, i) => i);

  it('draws every kernel with method all, or when the batch holds them all', () => {
    for (const sampling of [
      { method: 'all' } as const,
      { ...uniform, batch: 40 },
      { ...magnitude, batch: 41 },
    ]) {
      expect(createSampler(sampling, norms)(createRandom(0, 'sampler'), 0)).toEqual(all);
    }
  });

  it('draws as many kernels as announced, of those there are; uniform ones but once', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { minLength: 1, maxLength: 50 }),
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom<Sampling['method']>('magnitude', 'uniform', 'all'),
        fc.integer(),
        (norms, batch, method, seed) => {
          const sampling = { method, batch, uniform: 0.5 } as Sampling;
          const draw = createSampler(sampling, Float64Array.from(norms));
          const random = createRandom(seed, 'sampler');
          for (let step = 0; step < 3; step++) {
            const drawn = draw(random, step);
            expect(drawn).toHaveLength(method === 'all' ? norms.length : Math.min(batch, norms.length));
            expect(drawn.every(kernel => kernel < norms.length)).toBe(true);
            if (method !== 'magnitude') expect(new Set(drawn).size).toBe(drawn.length);
          }
        },
      ),
      { seed: 1 },
    );
  });

  it('draws uniform kernels alike', () => {
    const shares = frequencies(uniform, norms, 2000);
    const dev = deviation(
      shares,
      shares.map(() => 1 / 40),
      20_000,
    );
    expect(dev).toBeGreaterThan(0.3);
    expect(dev).toBeLessThan(1.6);
  });

  it('draws kernels by magnitude in proportion to their norm, never one of zeros', () => {
    const shares = frequencies(magnitude, norms, 2000);
    expect(shares[0]).toBe(0);
    const total = (39 * 40) / 2;
    const expected = Array.from({ length: 39 }, (_, i) => (i + 1) / total);
    const dev = deviation(shares.slice(1), expected, 20_000);
    expect(dev).toBeGreaterThan(0.4);
    expect(dev).toBeLessThan(1.6);
  });

  it('draws whole batches by magnitude with one probability, whole batches uniformly with the other', () => {
    const spike = Float64Array.from({ length: 1000 }, (_, i) => (i === 7 ? 1 : 0));
    const draw = createSampler({ method: 'magnitude', batch: 4, uniform: 0.8 }, spike);
    const random = createRandom(0, 'sampler');
    let spikes = 0;
    for (let step = 0; step < 5000; step++) {
      const drawn = [...draw(random, step)];
      if (drawn.every(kernel => kernel === 7)) spikes++;
      else expect(new Set(drawn).size).toBe(4);
    }
    // Five standard deviations of a binomial around 5000 * 0.2.
    expect(Math.abs(spikes - 1000)).toBeLessThan(5 * Math.sqrt(5000 * 0.2 * 0.8));
  });

  it('has no magnitudes to go by in a target of zeros', () => {
    const shares = frequencies(magnitude, new Float64Array(40), 2000);
    expect(
      deviation(
        shares,
        shares.map(() => 1 / 40),
        20_000,
      ),
    ).toBeLessThan(1.6);
  });

  it('draws each kernel by itself with mix kernel', () => {
    const spike = Float64Array.from({ length: 1000 }, (_, i) => (i === 7 ? 1 : 0));
    const draw = createSampler({ method: 'magnitude', batch: 500, uniform: 0.8, mix: 'kernel' }, spike);
    const random = createRandom(0, 'sampler');
    let spikes = 0;
    for (let step = 0; step < 20; step++) spikes += draw(random, step).filter(kernel => kernel === 7).length;
    // Five standard deviations of a binomial around a fifth, drawn by magnitude, and a thousandth of the rest.
    expect(Math.abs(spikes - 10_000 * 0.2008)).toBeLessThan(5 * Math.sqrt(10_000 * 0.2 * 0.8));
  });

  it('draws without replacement every kernel once a pass, each pass in another order', () => {
    const draw = createSampler({ method: 'uniform-without-replacement', batch: 12 }, norms);
    const random = createRandom(0, 'sampler');
    const pass = (first: number) => [0, 1, 2, 3].map(i => [...draw(random, first + i)]);
    const [one, two] = [pass(0), pass(4)];
    expect(one.map(batch => batch.length)).toEqual([12, 12, 12, 4]);
    for (const batches of [one, two]) expect(batches.flat().sort((a, b) => a - b)).toEqual([...all]);
    expect(two).not.toEqual(one);
  });

  it('takes the layers in turn, or at random', () => {
    const layers = [2, 3, 2];
    const seven = norms.slice(0, 7);
    const inTurn = createSampler({ method: 'sequential-layer' }, seven, layers);
    const random = createRandom(0, 'sampler');
    expect([0, 1, 2, 3].map(i => [...inTurn(random, i)])).toEqual([
      [0, 1],
      [2, 3, 4],
      [5, 6],
      [0, 1],
    ]);
    const atRandom = createSampler({ method: 'random-layer' }, seven, layers);
    const firsts = Array.from({ length: 3000 }, (_, i) => atRandom(random, i)[0]!);
    for (const first of [0, 2, 5]) {
      const times = firsts.filter(other => other === first).length;
      // Five standard deviations of a binomial around a third.
      expect(Math.abs(times - 1000)).toBeLessThan(5 * Math.sqrt((3000 * 2) / 9));
    }
    expect(sampledLayers({ method: 'random-layer' }, layers, 2)).toEqual([0, 2]);
    expect(sampledLayers({ method: 'uniform', batch: 2 }, layers, 2)).toBe(undefined);
  });

  it.each([
    uniform,
    { ...magnitude, uniform: 0.5 },
    { ...uniform, method: 'uniform-without-replacement' },
    { method: 'random-layer' },
  ] as const)('goes on from a saved generator: $method', sampling => {
    const layers = [10, 10, 20];
    const random = createRandom(4, 'sampler');
    const draw = createSampler(sampling, norms, layers);
    for (let step = 0; step < 5; step++) draw(random, step);
    const resumed = restoreRandom(JSON.parse(JSON.stringify(random.state())) as number[]);
    const drawAgain = createSampler(sampling, norms, layers);
    for (let step = 5; step < 12; step++) expect(drawAgain(resumed, step)).toEqual(draw(random, step));
  });
});
