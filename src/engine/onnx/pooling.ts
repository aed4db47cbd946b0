import { overhang, type Windows } from '../../graph/pooling.ts';
import type { Value } from '../../graph/value.ts';
import { hasBlocks, type Names } from './blocks.ts';
import type { Context } from './context.ts';
import { type Shape4, shapeOf } from './convolution.ts';

const windowsOf = (of: Value) => of.operation as unknown as Windows;

/** Less than any value of an image: what margins hold, so that no maximum is found there. */
const lowest = -3.4e38;

/** Maxima do not mix channels: they are taken of blocks where those are there. */
export function lowerMaxPool(of: Value, context: Context): string | Names {
  const { emit, plain, blocked, namesOf, block } = context;
  const [x] = of.operands as [Value];
  const { size, stride, padding } = windowsOf(of);
  const [below, beyond] = overhang(x.shape, of.shape, windowsOf(of));
  const attributes = {
    kernel_shape: [size, size],
    strides: [stride, stride],
    pads: [padding, padding, below, beyond],
  };
  if (!hasBlocks(x.shape, block) || namesOf(x).blocked === undefined)
    return emit('MaxPool', [plain(x)], attributes);
  return { blocked: emit('nchwc:MaxPool', [blocked(x)], attributes) };
}

/**
 * The gradient of maxima, without adding to places that may be the same, in which GPUs are slow and CPUs alone: a gather
 * lays the values of each window side by side; the first that is the maximum takes the upstream gradient; another gather
 * brings to each value what it takes in the windows that it is in.
 */
export function lowerMaxPoolGradient(of: Value, context: Context): string {
  const { emit, integers, plain, scalar, tensor } = context;
  const [g, x] = of.operands as [Value, Value];
  const { size } = windowsOf(of);
  const [n, c, h, w] = shapeOf(x);
  const [, , height, width] = shapeOf(g);
  const taps = size * size;
  const framed = framedImage(x, g, windowsOf(of), context);
  const { inWindows, ofPixels, most } = places(windowsOf(of), shapeOf(g), shapeOf(x), framed.width);
  const seen = emit('Gather', [framed.pixels, tensor(inWindows, [height * width, taps])], { axis: 2 });
  const largest = emit('ReduceMax', [seen, integers(3)]);
  // Numbers that fall from the first tap to the last, zero where the value is not the maximum.
  const order = tensor(
    Float32Array.from({ length: taps }, (_, tap) => taps - tap),
    [taps],
  );
  const candidates = emit('Where', [emit('Less', [seen, largest]), scalar(0), order]);
  const first = emit('ReduceMax', [candidates, integers(3)]);
  const upstream = emit('Reshape', [plain(g), integers(n, c, height * width, 1)]);
  const taken = emit('Where', [emit('Less', [candidates, first]), scalar(0), upstream]);
  const flat = emit('Reshape', [taken, integers(n, c, height * width * taps)]);
  const withNothing = emit('Pad', [flat, integers(0, 0, 0, 0, 0, 1)]);
  const given = emit('Gather', [withNothing, tensor(ofPixels, [h * w, most])], { axis: 2 });
  const sum = emit('ReduceSum', [given, integers(3)], { keepdims: 0 });
  return emit('Reshape', [sum, integers(n, c, h, w)]);
}

/** The pixels [n, c, rows * width] of an image in a margin as wide as its windows reach. */
function framedImage(x: Value, g: Value, windows: Windows, { emit, integers, plain, scalar }: Context) {
  const [n, c, h, w] = shapeOf(x);
  const { padding } = windows;
  const [below, beyond] = overhang(x.shape, g.shape, windows);
  const [rows, width] = [h + padding + below, w + padding + beyond];
  const margins = integers(0, 0, padding, padding, 0, 0, below, beyond);
  const image = rows === h && width === w ? plain(x) : emit('Pad', [plain(x), margins, scalar(lowest)]);
  return { pixels: emit('Reshape', [image, integers(n, c, rows * width)]), width };
}

/** Which pixels of the framed image each window sees, and in which windows' taps each pixel of the image is. */
function places(
  { size, stride, padding }: Windows,
  [, , height, width]: Shape4,
  [, , h, w]: Shape4,
  framedWidth: number,
) {
  const taps = size * size;
  const inWindows = new Int32Array(height * width * taps);
  const seenBy: number[][] = Array.from({ length: h * w }, () => []);
  for (let place = 0; place < inWindows.length; place++) {
    const [window, tap] = [Math.floor(place / taps), place % taps];
    const row = Math.floor(window / width) * stride + Math.floor(tap / size);
    const column = (window % width) * stride + (tap % size);
    inWindows[place] = row * framedWidth + column;
    const [y, x] = [row - padding, column - padding];
    if (y >= 0 && y < h && x >= 0 && x < w) seenBy[y * w + x]!.push(place);
  }
  const most = seenBy.reduce((most, { length }) => Math.max(most, length), 0);
  const ofPixels = new Int32Array(h * w * most).fill(inWindows.length);
  for (const [pixel, found] of seenBy.entries()) ofPixels.set(found, pixel * most);
  return { inWindows, ofPixels, most };
}
