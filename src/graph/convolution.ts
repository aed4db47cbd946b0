import type { GradientRules } from './gradient-rule.ts';
import { sum } from './reduction.ts';
import { type Value, value } from './value.ts';

export interface ConvolutionGeometry {
  readonly stride: number;
  readonly padding: number;
}

/** x [n, c, h, w] with filters [f, c, k, k] and bias [f] -> [n, f, h', w'] (cross-correlation, as in every framework). */
export function convolution(x: Value, filters: Value, bias: Value, geometry: ConvolutionGeometry): Value {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const [f, c2, k] = filters.shape as [number, number, number, number];
  if (c !== c2) throw new Error(`Cannot convolve [${x.shape}] with [${filters.shape}]`);
  const { stride, padding } = geometry;
  const length = (size: number) => Math.floor((size + 2 * padding - k) / stride) + 1;
  return value({ kind: 'convolution', stride, padding }, [x, filters, bias], [n, f, length(h), length(w)]);
}

export const convolutionGradients = {
  convolution: (of, g, wanted) => {
    const [x, filters] = of.operands as [Value, Value, Value];
    const { stride, padding } = of.operation as ConvolutionGeometry;
    return [
      wanted[0]
        ? value({ kind: 'convolutionInputGradient', stride, padding }, [g, filters], x.shape)
        : undefined,
      wanted[1]
        ? value({ kind: 'convolutionFilterGradient', stride, padding }, [g, x], filters.shape)
        : undefined,
      wanted[2] ? sum(g, [0, 2, 3]) : undefined,
    ];
  },
} satisfies Partial<GradientRules>;
