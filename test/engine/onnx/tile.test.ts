import { describe, expect, test } from 'vitest';
import { cpuDialect } from '../../../src/engine/onnx/dialect.ts';
import { createOnnxEngine } from '../../../src/engine/onnx/engine.ts';
import { lower } from '../../../src/engine/onnx/lower.ts';
import { add, multiply, scale } from '../../../src/graph/elementwise.ts';
import { gradients } from '../../../src/graph/gradient.ts';
import { slice } from '../../../src/graph/layout.ts';
import { sum } from '../../../src/graph/reduction.ts';
import { input, type Value } from '../../../src/graph/value.ts';

const x = input('x', [3, 10]);

/** The gradient of the sum of the squares of some columns, each part weighted by its place in the list. */
function gradientOfParts(parts: readonly (readonly [start: number, end: number])[]): Value {
  const terms = parts.map(([start, end], i) => {
    const part = slice(x, [0, start], [3, end - start]);
    return scale(sum(multiply(part, part)), i + 1);
  });
  return gradients(terms.reduce(add), [x])[0]!;
}

const cases: Record<string, [parts: [number, number][], joined: boolean]> = {
  'parts that fill it': [
    [
      [4, 7],
      [0, 4],
      [7, 10],
    ],
    true,
  ],
  'parts with a gap': [
    [
      [0, 4],
      [5, 10],
    ],
    false,
  ],
  'parts that stop before its end': [
    [
      [0, 4],
      [4, 8],
    ],
    false,
  ],
  'parts that overlap': [
    [
      [0, 6],
      [4, 10],
    ],
    false,
  ],
};

describe('the gradient of what was used in', () => {
  test.each(Object.entries(cases))('%s', async (_name, [parts, joined]) => {
    const program = { name: 'parts', outputs: { gradient: gradientOfParts(parts) } };
    const kinds = lower(program, cpuDialect(1)).nodes.map(({ opType }) => opType);
    expect(kinds.filter(kind => kind === 'Concat').length).toBe(joined ? 1 : 0);
    expect(kinds.filter(kind => kind === 'Pad').length).toBe(joined ? 0 : parts.length);

    const data = Float32Array.from({ length: 30 }, (_, i) => i + 1);
    const executable = await createOnnxEngine(1).compile(program);
    const { gradient } = await executable.run({ x: { shape: [3, 10], data } });
    const weightOf = (column: number) =>
      parts.reduce((so, [start, end], i) => so + (column >= start && column < end ? i + 1 : 0), 0);
    expect([...gradient.data]).toEqual([...data].map((value, i) => 2 * value * weightOf(i % 10)));
  });
});
