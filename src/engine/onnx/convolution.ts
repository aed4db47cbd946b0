import type { ConvolutionGeometry } from '../../graph/convolution.ts';
import type { Value } from '../../graph/value.ts';
import type { Emitter } from './emitter.ts';

const geometryOf = (of: Value) => of.operation as unknown as ConvolutionGeometry;

export function lowerConvolution(of: Value, operands: readonly string[], { emit }: Emitter): string {
  const { stride, padding } = geometryOf(of);
  return emit('Conv', operands, { strides: [stride, stride], pads: Array(4).fill(padding) });
}

/**
 * dX of a convolution. With stride 1 it is the convolution of dY with the filters turned by 180 degrees and their two
 * channel axes exchanged; with a larger stride, the transposed convolution.
 */
export function lowerInputGradient(of: Value, [dy, filters]: readonly string[], emitter: Emitter): string {
  const { emit, integers, tensor } = emitter;
  const { stride, padding } = geometryOf(of);
  const [f, c, k] = of.operands[1]!.shape as [number, number, number, number];
  if (stride === 1) {
    const taps = emit('Reshape', [filters!, integers(f, c, k * k)]);
    const reversed = Int32Array.from({ length: k * k }, (_, i) => k * k - 1 - i);
    const turned = k === 1 ? taps : emit('Gather', [taps, tensor(reversed, [k * k])], { axis: 2 });
    const exchanged = emit('Reshape', [
      emit('Transpose', [turned], { perm: [1, 0, 2] }),
      integers(c, f, k, k),
    ]);
    return emit('Conv', [dy!, exchanged], { pads: Array(4).fill(k - 1 - padding) });
  }
  const [, , height] = of.shape as [number, number, number, number];
  const [, , dyHeight] = of.operands[0]!.shape as [number, number, number, number];
  const missing = height - ((dyHeight - 1) * stride + k - 2 * padding);
  return emit('ConvTranspose', [dy!, filters!], {
    strides: [stride, stride],
    pads: Array(4).fill(padding),
    output_padding: [missing, missing],
  });
}

/**
 * dW of a convolution: dW[f,c,i,j] = sum over n,y,x of dY[n,f,y,x] X[n,c,y+i-p,x+j-p], as one matrix product over
 * all images and positions.
 */
export function lowerFilterGradient(of: Value, [dy, x]: readonly string[], emitter: Emitter): string {
  const { stride, padding } = geometryOf(of);
  const [n, f, h, w] = of.operands[0]!.shape as [number, number, number, number];
  const [c, k] = [of.shape[1]!, of.shape[2]!];
  const { emit, integers, tensor } = emitter;
  const channelsFirst = (name: string) => emit('Transpose', [name], { perm: [1, 0, 2, 3] });
  const matrix = (name: string, rows: number) => emit('Reshape', [name, integers(rows, n * h * w)]);
  const [dyT, xT] = [channelsFirst(dy!), channelsFirst(x!)];
  if (stride === 1 && k === 2 * padding + 1) {
    // The vertical part of each tap's shift is put on dY (the other way round), the horizontal on X: k + k copies of
    // whole tensors in place of k * k. A shift moves the row of all positions and clears what came in from the next
    // line or image; both run over long rows, which a shift inside each small image would not.
    const taps = Array.from({ length: k }, (_, i) => i - padding);
    const shift = (name: string, rows: number, by: number, kept: (y: number, x: number) => boolean) => {
      if (by === 0) return matrix(name, rows);
      const moved = emit('Pad', [matrix(name, rows), integers(0, by, 0, -by)]);
      const mask = Float32Array.from({ length: h * w }, (_, i) => +kept(Math.floor(i / w), i % w));
      const cleared = emit('Mul', [
        emit('Reshape', [moved, integers(rows, n, h * w)]),
        tensor(mask, [1, 1, h * w]),
      ]);
      return matrix(cleared, rows);
    };
    const inside = (position: number, length: number) => position >= 0 && position < length;
    const concatenate = (parts: string[]) =>
      parts.length === 1 ? parts[0]! : emit('Concat', parts, { axis: 0 });
    const rows = concatenate(taps.map(tap => shift(dyT, f, tap * w, y => inside(y - tap, h))));
    const columns = concatenate(taps.map(tap => shift(xT, c, -tap, (_y, x) => inside(x + tap, w))));
    const product = emit('Gemm', [rows, columns], { transB: 1 });
    const taken = emit('Reshape', [product, integers(k, f, k, c)]);
    return emit('Transpose', [taken], { perm: [1, 3, 0, 2] });
  }
  const [, , xh, xw] = of.operands[1]!.shape as [number, number, number, number];
  const padded =
    padding === 0 ? xT : emit('Pad', [xT, integers(0, 0, padding, padding, 0, 0, padding, padding)]);
  const taps = Array.from({ length: k * k }, (_, tap) => {
    const [i, j] = [Math.floor(tap / k), tap % k];
    const ends = [Math.min(i + h * stride, xh + 2 * padding), Math.min(j + w * stride, xw + 2 * padding)];
    return emit('Slice', [
      padded,
      integers(i, j),
      integers(...ends),
      integers(2, 3),
      integers(stride, stride),
    ]);
  });
  const columns = taps.length === 1 ? taps[0]! : emit('Concat', taps, { axis: 0 });
  const product = emit('Gemm', [matrix(dyT, f), matrix(columns, k * k * c)], { transB: 1 });
  return emit('Transpose', [emit('Reshape', [product, integers(f, k, k, c)])], { perm: [0, 3, 1, 2] });
}
