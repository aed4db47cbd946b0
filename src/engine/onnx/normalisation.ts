import { sizeOf } from '../../graph/tensor.ts';
import type { Value } from '../../graph/value.ts';
import { hasBlocks, type Names } from './blocks.ts';
import type { Context } from './context.ts';

/*
 * What is done to each channel by itself. On blocks a factor and an offset for each channel are a convolution of depth
 * one with 1x1 filters: one pass, with what is added to it and a ReLU in the same one.
 */

/** Whether a value is a factor and an offset of each channel, done on blocks. */
export function scalesBlocks({ operation: { kind }, shape }: Value, block: number): boolean {
  return (kind === 'affine' || kind === 'batchNorm') && hasBlocks(shape, block);
}

/** x * factor + offset + added; a batch norm's factor and offset are among its operands. */
export function lowerAffine(of: Value, context: Context): string | Names {
  const { emit, plain, integers, block } = context;
  if (scalesBlocks(of, block)) return lowerBlockedAffine(of, context);
  const [x, factor, offset] = of.operands as [Value, Value, Value];
  const perChannel = (name: string) => emit('Reshape', [name, integers(-1, 1, 1)]);
  const scaled = emit('Mul', [plain(x), perChannel(plain(factor))]);
  const moved = emit('Add', [scaled, perChannel(plain(offset))]);
  const added = addedTo(of);
  return added ? emit('Add', [moved, plain(added)]) : moved;
}

export function lowerBlockedAffine(
  of: Value,
  context: Context,
  sum: Value | undefined = addedTo(of),
  activation: { readonly activation?: string } = {},
): Names {
  const { emit, plain, blocked, integers } = context;
  const [x, factor, offset] = of.operands as [Value, Value, Value];
  const filters = emit('Reshape', [plain(factor), integers(-1, 1, 1, 1)]);
  const operands = [blocked(x), filters, plain(offset), ...(sum ? [blocked(sum)] : [])];
  return {
    blocked: emit('nchwc:Conv', operands, { kernel_shape: [1, 1], group: of.shape[1]!, ...activation }),
  };
}

const addedTo = ({ operation, operands }: Value): Value | undefined =>
  operation.kind === 'affine' ? operands[3] : undefined;

/** The sum of each channel of x [n, c, h, w], given by the name it has in blocks: first of each image, then of all. */
export function sumOfChannels(blocked: string, of: Value, { emit, integers, block }: Context): string {
  const [n, c] = of.shape as [number, number];
  const positions = sizeOf(of.shape) / (n * c);
  const rows = emit('Reshape', [blocked, integers((n * c) / block, positions, block)]);
  const ofImages = emit('Reshape', [emit('ReduceSum', [rows, integers(1)]), integers(n, c)]);
  return emit('ReduceSum', [ofImages, integers(0)], { keepdims: 0 });
}

export function lowerChannelProduct(of: Value, context: Context): string {
  const { emit, integers, namesOf, plain, blocked, block } = context;
  const [a] = of.operands as [Value];
  if (hasBlocks(a.shape, block) && of.operands.some(operand => namesOf(operand).blocked !== undefined))
    return sumOfChannels(emit('Mul', of.operands.map(blocked)), a, context);
  return emit('ReduceSum', [emit('Mul', of.operands.map(plain)), integers(0, 2, 3)], { keepdims: 0 });
}
