import type { Value } from '../../graph/value.ts';
import type { Context } from './context.ts';
import { geometryOf, shapeOf } from './convolution.ts';
import { join } from './join.ts';
import { emitProduct } from './product.ts';

/*
 * dW of a convolution: dW[f,c,i,j] = sum over n,y,x of dY[n,f,y,x] X[n,c,y+i-p,x+j-p], as one matrix product over all
 * images and positions. With stride 1 the vertical part of each tap's shift is put on dY (the other way round), the
 * horizontal on X: k + k shifted copies in place of k * k. A shift moves all positions of all images in one go and then
 * clears what came in from the next line or image; both run over long rows.
 */

/** So many columns a product takes at once. */
const wide = 16;

const inside = (position: number, length: number) => position >= 0 && position < length;

const tapsOf = (k: number, padding: number) => Array.from({ length: k }, (_, i) => i - padding);

/** Channels are the rows of the factors, positions the columns. */
export function lowerFilterGradient(of: Value, context: Context): string {
  const { emit, integers, tensor } = context;
  const [dy, x] = of.operands as [Value, Value];
  const { stride, padding } = geometryOf(of);
  const [f, c, k] = shapeOf(of);
  const [n, , h, w] = shapeOf(dy);
  const matrix = (name: string, rows: number) => emit('Reshape', [name, integers(rows, n * h * w)]);
  const factor = (parts: string[]) => join(parts, 0, context);
  const [dyT, xT] = [channelsFirst(dy, context), channelsFirst(x, context)];
  if (stride === 1 && k === 2 * padding + 1) {
    const shift = (name: string, rows: number, by: number, kept: (y: number, x: number) => boolean) => {
      if (by === 0) return matrix(name, rows);
      const moved = emit('Pad', [matrix(name, rows), integers(0, by, 0, -by)]);
      const mask = Float32Array.from({ length: h * w }, (_, i) => +kept(Math.floor(i / w), i % w));
      const images = emit('Reshape', [moved, integers(rows, n, h * w)]);
      return matrix(emit('Mul', [images, tensor(mask, [1, 1, h * w])]), rows);
    };
    const taps = tapsOf(k, padding);
    const left = factor(taps.map(tap => shift(dyT, f, tap * w, y => inside(y - tap, h))));
    const right = taps.map(tap => shift(xT, c, -tap, (_y, x) => inside(x + tap, w)));
    const times = (b: string, columns: number) =>
      emitProduct({ a: left, transposeA: false, b, transposeB: true }, [k * f, columns], context);
    // A copy is spared where each shift alone fills the registers of a product.
    const gradient =
      c < wide
        ? times(factor(right), k * c)
        : join(
            right.map(b => times(b, c)),
            1,
            context,
          );
    return emit('Transpose', [emit('Reshape', [gradient, integers(k, f, k, c)])], { perm: [1, 3, 0, 2] });
  }
  const [, , xh, xw] = shapeOf(x);
  const margins = [0, 0, padding, padding];
  const padded = padding === 0 ? xT : emit('Pad', [xT, integers(...margins, ...margins)]);
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
  const product = {
    a: matrix(dyT, f),
    transposeA: false,
    b: matrix(factor(taps), k * k * c),
    transposeB: true,
  };
  const gradient = emitProduct(product, [f, k * k * c], context);
  return emit('Transpose', [emit('Reshape', [gradient, integers(f, k, k, c)])], { perm: [0, 3, 1, 2] });
}

/** [n, c, h, w] to [c, n, h, w]. One block of channels of many images looks like that of a single one that is as long. */
function channelsFirst(map: Value, { emit, integers, block, namesOf, plain }: Context): string {
  const [n, c, h, w] = shapeOf(map);
  const { blocked } = namesOf(map);
  if (blocked === undefined || c !== block) return emit('Transpose', [plain(map)], { perm: [1, 0, 2, 3] });
  const long = emit('Reshape', [blocked, integers(1, c, n * h, w)]);
  return emit('Reshape', [emit('nchwc:ReorderOutput', [long], { channels: c }), integers(c, n, h, w)]);
}
