import type { Value } from '../../graph/value.ts';
import type { Context } from './context.ts';
import { geometryOf, shapeOf } from './convolution.ts';

/*
 * dW of a convolution: dW[f,i,j,c] = sum over n,y,x of dY[n,f,y,x] X[n,c,s y+i-p,s x+j-p]. A gather lays under each
 * position the k * k * c values of X that its filters saw; then it is a matrix product whose inner axis is all positions
 * of all images. That axis is far longer than the result is wide, so a GPU would have work for a few of its cores only:
 * the images are split into groups whose products stand side by side, and are summed.
 */

/** Of the products that stand side by side, in values. */
const mostPartial = 2 ** 22;

export function lowerFilterGradientOnGpu(of: Value, context: Context): string {
  const { emit, integers, plain } = context;
  const [dy, x] = of.operands as [Value, Value];
  const [f, c, k] = shapeOf(of);
  const [n, , h, w] = shapeOf(dy);
  const groups = groupsOf(n, mostPartial / (f * c * k * k));
  const each = n / groups;
  const patches = emit('Reshape', [
    patchesOf(x, of, [h, w], context),
    integers(groups, each * h * w, k * k * c),
  ]);
  const images = emit('Reshape', [plain(dy), integers(groups, each, f, h * w)]);
  const channelsFirst = each === 1 ? images : emit('Transpose', [images], { perm: [0, 2, 1, 3] });
  const rows = emit('Reshape', [channelsFirst, integers(groups, f, each * h * w)]);
  const products = emit('MatMul', [rows, patches]);
  const sum = emit('ReduceSum', [products, integers(0)], { keepdims: 0 });
  return emit('Transpose', [emit('Reshape', [sum, integers(f, k, k, c)])], { perm: [0, 3, 1, 2] });
}

/** The largest divisor of `images` up to `most`. */
function groupsOf(images: number, most: number): number {
  for (let groups = Math.min(images, Math.floor(most)); groups > 1; groups--) {
    if (images % groups === 0) return groups;
  }
  return 1;
}

/** [n, h * w, k * k, c]: what the filters see at each position of the result. */
function patchesOf(x: Value, of: Value, [h, w]: readonly [number, number], context: Context): string {
  const { emit, integers, plain, tensor } = context;
  const { stride, padding } = geometryOf(of);
  const [n, c, xh, xw] = shapeOf(x);
  const [, , k] = shapeOf(of);
  const channelsLast = emit('Transpose', [plain(x)], { perm: [0, 2, 3, 1] });
  const margins = [0, padding, padding, 0];
  const padded = padding === 0 ? channelsLast : emit('Pad', [channelsLast, integers(...margins, ...margins)]);
  const [height, width] = [xh + 2 * padding, xw + 2 * padding];
  const pixels = emit('Reshape', [padded, integers(n, height * width, c)]);
  const places = Int32Array.from({ length: h * w * k * k }, (_, place) => {
    const [position, tap] = [Math.floor(place / (k * k)), place % (k * k)];
    const row = Math.floor(position / w) * stride + Math.floor(tap / k);
    return row * width + (position % w) * stride + (tap % k);
  });
  return emit('Gather', [pixels, tensor(places, [h * w, k * k])], { axis: 1 });
}
