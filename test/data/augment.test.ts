import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { beta } from '../../src/data/augment/beta.ts';
import { drawBoxes, erase } from '../../src/data/augment/erase.ts';
import { applyJitter, drawJitter, type Jitter } from '../../src/data/augment/jitter.ts';
import { posterize } from '../../src/data/augment/levels.ts';
import { cutting, drawMixes, type Mixing, mixed } from '../../src/data/augment/mix.ts';
import {
  drawOperations,
  operations,
  type RandAugment,
  type Strength,
} from '../../src/data/augment/rand-augment.ts';
import { type CropBounds, randomCrop } from '../../src/data/crop.ts';
import type { Picture } from '../../src/data/images.ts';
import type { Interpolation } from '../../src/data/taps.ts';
import { createRandom } from '../../src/random.ts';

/** What timm, torchvision and PIL make of pictures (bench/peers/augment_reference.py). */
const reference: {
  pictures: Record<string, { height: number; width: number; data: string }>;
  fill: number[];
  operations: {
    name: keyof typeof operations;
    increasing: boolean;
    magnitude: number;
    sign: Strength['sign'];
    interpolation: Interpolation;
    results: Record<string, string>;
  }[];
  jitter: { chain: [keyof Jitter, number][]; results: Record<string, string> }[];
  batch: string[];
  labels: number[];
  mixes: {
    mode: Mixing['mode'];
    cut: boolean;
    shares: number[];
    middles: [number, number][];
    images: string[];
    targets: number[][];
  }[];
  boxes: {
    size: [number, number];
    share: number;
    middle: [number, number];
    box: object;
    corrected: number;
  }[];
  beta: { alpha: number; at: number[]; below: number[] }[];
  quantiles: number[];
  crops: (CropBounds & { share: number[]; aspect: number[]; place: number })[];
  erased: { area: number[]; aspect: number[] };
} = JSON.parse(readFileSync('test/fixtures/augment/reference.json', 'utf8'));

const bytes = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));
const pictures = Object.entries(reference.pictures).map(
  ([name, { data, ...size }]) => [name, { ...size, data: bytes(data) }] as const,
);
const sha = (data: Uint8Array) => createHash('sha256').update(data).digest('hex').slice(0, 16);
const resultsOf = (change: (picture: Picture) => Picture) =>
  Object.fromEntries(pictures.map(([name, picture]) => [name, sha(change(picture).data)]));

/** The share of draws at or below each place. */
const below = (draws: number[], places: number[]) =>
  places.map(place => draws.filter(draw => draw <= place).length / draws.length);
/** As many draws as the tests take differ from their distribution by less in 999 of 1000 cases. */
function expectShares(found: number[], expected: number[], draws: number) {
  for (const [i, share] of found.entries())
    expect(Math.abs(share - expected[i]!)).toBeLessThan(4 * Math.sqrt(0.25 / draws));
}

describe('RandAugment', () => {
  const cases = Object.keys(operations) as (keyof typeof operations)[];

  test.each(cases)('%s is what timm and PIL make of it, byte for byte', name => {
    const ofName = reference.operations.filter(one => one.name === name);
    expect(ofName.length).toBeGreaterThan(20);
    for (const { results, increasing, magnitude, sign, interpolation } of ofName) {
      const strength = { level: magnitude / 10, sign, increasing };
      const operation: (typeof operations)['rotate'] = operations[name];
      const lookup = { interpolation, fill: reference.fill };
      const found = resultsOf(picture => operation(picture, strength, lookup));
      expect({ increasing, magnitude, sign, interpolation, ...found }).toEqual({
        ...{ increasing, magnitude, sign, interpolation },
        ...results,
      });
    }
  });

  test('keeps no bits as PIL did while the papers were made: all black', () => {
    expect(new Set(posterize(pictures[0]![1], 0).data)).toEqual(new Set([0]));
  });

  test('draws operations evenly, does them as often as it is told, and varies their magnitude', () => {
    const settings: RandAugment = { magnitude: 7, std: 0.5, layers: 2, probability: 0.5, increasing: true };
    const random = createRandom(0, 'operations');
    const images = 6000;
    const drawn = Array.from({ length: images }, () => drawOperations(settings, 'random', random)).flat();
    expectShares([drawn.length / (2 * images)], [0.5], 2 * images);
    const counts = cases.map(name => drawn.filter(one => one.name === name).length);
    expectShares(
      counts.map(count => count / drawn.length),
      cases.map(() => 1 / 15),
      drawn.length,
    );
    const levels = drawn.map(({ strength }) => strength.level);
    expectShares(below(levels, [0.65, 0.7, 0.75]), [0.1587, 0.5, 0.8413], drawn.length);
    const share = (is: (one: (typeof drawn)[number]) => boolean) => drawn.filter(is).length / drawn.length;
    expectShares(
      [share(one => one.strength.sign === 1), share(one => one.interpolation === 'bicubic')],
      [0.5, 0.5],
      drawn.length,
    );
    expect(drawOperations({ ...settings, probability: 1 }, 'bilinear', random).length).toBe(2);
  });

  test('never leaves the scale, however much it varies', () => {
    const settings: RandAugment = { magnitude: 9, std: 20, layers: 300, probability: 1, increasing: true };
    const drawn = drawOperations(settings, 'bilinear', createRandom(0, 'operations'));
    const levels = drawn.map(({ strength }) => strength.level);
    expect([Math.min(...levels), Math.max(...levels)]).toEqual([0, 1]);
    expect(new Set(drawn.map(({ interpolation }) => interpolation))).toEqual(new Set(['bilinear']));
  });
});

describe('colour jitter', () => {
  const chains = reference.jitter.map(one => ({ ...one, label: one.chain.flat().join(' ') }));
  test.each(chains)('by $chain is what torchvision makes of it, byte for byte', ({ chain, results }) => {
    const drawn = chain.map(([name, factor]) => ({ name, factor }));
    expect(resultsOf(picture => applyJitter(picture, drawn))).toEqual(results);
  });

  test('draws each of the 24 orders as often, and factors evenly in their range', () => {
    const random = createRandom(0, 'jitter');
    const draws = 24_000;
    const jitter = { brightness: 0.4, contrast: 1.6, saturation: 0.2, hue: 0.1 };
    const drawn = Array.from({ length: draws }, () => drawJitter(jitter, random));
    const orders = new Map<string, number>();
    for (const one of drawn) {
      const order = one.map(({ name }) => name).join(' ');
      orders.set(order, (orders.get(order) ?? 0) + 1);
    }
    expect(orders.size).toBe(24);
    expectShares(
      [...orders.values()].map(count => count / draws),
      Array.from({ length: 24 }, () => 1 / 24),
      draws,
    );
    const factors = (name: keyof Jitter) =>
      drawn.map(one => one.find(change => change.name === name)!.factor);
    const quarters = [0.25, 0.5, 0.75];
    for (const [name, low, high] of [
      ['brightness', 0.6, 1.4],
      ['contrast', 0, 2.6],
      ['saturation', 0.8, 1.2],
      ['hue', -0.1, 0.1],
    ] as const) {
      const places = quarters.map(quarter => low + quarter * (high - low));
      expectShares(below(factors(name), places), quarters, draws);
      expect(Math.min(...factors(name))).toBeGreaterThanOrEqual(low);
      expect(Math.max(...factors(name))).toBeLessThanOrEqual(high);
    }
  });

  test('leaves out what is 0', () => {
    const jitter = { brightness: 0, contrast: 0, saturation: 0.2, hue: 0 };
    expect(drawJitter(jitter, createRandom(1, 'jitter')).map(({ name }) => name)).toEqual(['saturation']);
  });
});

test.each(reference.crops)(
  'random crops of scale $scale and ratio $ratio are spread as those of timm',
  one => {
    const { share, aspect, place, ...bounds } = one;
    const random = createRandom(0, 'crops');
    const draws = 20_000;
    const crops = Array.from({ length: draws }, () =>
      randomCrop({ width: 500, height: 375 }, random, bounds),
    );
    const shares = crops.map(({ width, height }) => (width * height) / (500 * 375));
    expectShares(below(shares, share), reference.quantiles, draws);
    const aspects = crops.map(({ width, height }) => width / height);
    expectShares(below(aspects, aspect), reference.quantiles, draws);
    const places = crops.map(({ left, width }) => left / (501 - width));
    expect(Math.abs(places.reduce((a, b) => a + b) / draws - place)).toBeLessThan(0.01);
  },
);

describe('mixing', () => {
  const size = { height: 20, width: 28 };
  const images = reference.batch.map(bytes);
  const count = images.length;

  test.each(reference.mixes)(
    'a batch, mode $mode, cut: $cut, gives the bytes and labels of timm',
    expected => {
      const { mode, cut, shares, middles } = expected;
      const draws = shares.map((given, i) => {
        const share = mode === 'batch' ? given : Math.fround(given);
        const [y, x] = middles[i]!;
        return cut ? cutting(size, share, { y, x }) : { share };
      });
      const mixes = images.map((_, i) => {
        if (mode === 'batch') return draws[0]!;
        return draws[mode === 'pair' ? Math.min(i, count - 1 - i) : i]!;
      });
      const found = images.map((own, i) => mixed(own, images[count - 1 - i]!, size, mixes[i]!));
      expect(found.map(sha)).toEqual(expected.images);
      for (const [i, target] of expected.targets.entries()) {
        const row = new Array<number>(6).fill(0);
        row[reference.labels[i]!]! += mixes[i]!.share;
        row[reference.labels[count - 1 - i]!]! += 1 - mixes[i]!.share;
        for (const [label, share] of row.entries()) expect(share).toBeCloseTo(target[label]!, 6);
      }
    },
  );

  test.each(reference.boxes)('CutMix of $size by $share around $middle', one => {
    const [height, width] = one.size;
    const [y, x] = one.middle;
    const found = cutting({ height, width }, one.share, { y, x });
    expect(found.box).toEqual(one.box);
    expect(found.share).toBeCloseTo(one.corrected, 12);
  });

  test.each(reference.beta)(
    'shares of alpha $alpha are spread as SciPy has it',
    ({ alpha, at, below: expected }) => {
      const random = createRandom(0, `beta ${alpha}`);
      const draws = Array.from({ length: 20_000 }, () => beta(alpha, random));
      expectShares(below(draws, at), expected, draws.length);
      expect(draws.every(draw => draw >= 0 && draw <= 1)).toBe(true);
    },
  );

  const both: Mixing = { mixup: 0.1, cutmix: 1, probability: 0.8, switch: 0.25, mode: 'batch' };

  test('happens as often as it is told, and switches between the two', () => {
    const random = createRandom(0, 'mix');
    const draws = Array.from({ length: 8000 }, () => drawMixes(both, 4, size, random));
    expect(draws.every(mixes => new Set(mixes).size === 1)).toBe(true);
    const cut = draws.filter(([mix]) => mix!.box).length / draws.length;
    const whole = draws.filter(([mix]) => mix!.share === 1 && !mix!.box).length / draws.length;
    // A share that rounds to 1 is one in 150 of alpha 0.1.
    expectShares([cut], [0.2], draws.length);
    expect(whole).toBeGreaterThan(0.2 - 0.02);
    expect(whole).toBeLessThan(0.26);
  });

  test('is of what is on alone where the other is off', () => {
    const random = createRandom(0, 'mix');
    const settings = { ...both, probability: 1, mode: 'elem' as const };
    const only = (mixing: Mixing) => drawMixes(mixing, 200, size, random).map(mix => mix.box !== undefined);
    expect(new Set(only({ ...settings, cutmix: 0 }))).toEqual(new Set([false]));
    expect(new Set(only({ ...settings, mixup: 0 }))).toEqual(new Set([true]));
  });

  test('draws once for a pair, and for each image', () => {
    const random = createRandom(0, 'mix');
    const pair = drawMixes({ ...both, probability: 1, mode: 'pair' }, 8, size, random);
    expect(pair).toEqual(pair.toReversed());
    expect(new Set(pair).size).toBe(4);
    expect(new Set(drawMixes({ ...both, probability: 1, mode: 'elem' }, 8, size, random)).size).toBe(8);
  });
});

describe('random erasing', () => {
  const size = { height: 64, width: 48 };

  test('takes boxes of the sizes that timm takes', () => {
    const random = createRandom(0, 'erase');
    const once = { probability: 1, mode: 'constant', count: 1 } as const;
    const boxes = Array.from({ length: 20_000 }, () => drawBoxes(once, size, random)).flat();
    const areas = boxes.map(({ height, width }) => (height * width) / (64 * 48));
    expectShares(below(areas, reference.erased.area), reference.quantiles, boxes.length);
    const aspects = boxes.map(({ height, width }) => height / width);
    expectShares(below(aspects, reference.erased.aspect), reference.quantiles, boxes.length);
    const within = boxes.every(
      ({ top, left, height, width }) => top >= 0 && left >= 0 && top + height <= 64 && left + width <= 48,
    );
    expect(within).toBe(true);
  });

  test.each(['constant', 'colour', 'pixel'] as const)('fills with %s, inside of the boxes alone', mode => {
    const erasing = { probability: 1, mode, count: 3 };
    const image = new Float32Array(3 * 64 * 48).fill(7);
    erase(image, erasing, size, createRandom(4, 'erase'));
    const boxes = drawBoxes(erasing, size, createRandom(4, 'erase'));
    expect(boxes.length).toBeGreaterThan(0);
    const values = [0, 1, 2].map(channel => {
      const [inside, outside]: [number[], number[]] = [[], []];
      for (let row = 0; row < 64; row++) {
        for (let column = 0; column < 48; column++) {
          const value = image[(channel * 64 + row) * 48 + column]!;
          const erased = boxes.some(
            ({ top, left, height, width }) =>
              row >= top && row < top + height && column >= left && column < left + width,
          );
          (erased ? inside : outside).push(value);
        }
      }
      expect(new Set(outside)).toEqual(new Set([7]));
      return new Set(inside).size;
    });
    if (mode === 'constant') expect(values).toEqual([1, 1, 1]);
    if (mode === 'colour')
      for (const different of values) expect(different).toBeLessThanOrEqual(boxes.length);
    if (mode === 'pixel') for (const different of values) expect(different).toBeGreaterThan(30);
  });

  test('happens as often as it is told', () => {
    const random = createRandom(0, 'erase');
    const some = { probability: 0.25, mode: 'pixel', count: 1 } as const;
    const images = Array.from({ length: 8000 }, () => drawBoxes(some, size, random).length);
    expectShares([images.filter(boxes => boxes > 0).length / 8000], [0.25], 8000);
  });
});
