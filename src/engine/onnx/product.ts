import type { Context } from './context.ts';

/** Two matrices, each transposed on demand, and what is added to every row of their product. */
interface Product {
  readonly a: string;
  readonly transposeA: boolean;
  readonly b: string;
  readonly transposeB: boolean;
  readonly bias?: string;
}

/**
 * The product of two matrices, of the given shape. On the CPU the threads share the longer side of the result, and into
 * how many pieces ONNX Runtime cuts the sums depends on how many columns a thread has, but not on its rows. So that
 * results are the same for any number of threads, a result with more columns than rows is computed transposed.
 */
export function emitProduct(
  { a, transposeA, b, transposeB, bias }: Product,
  shape: readonly number[],
  { emit, integers, dialect }: Context,
): string {
  const [rows, columns] = shape as [number, number];
  if (dialect.device === 'gpu' || rows >= columns) {
    const operands = bias === undefined ? [a, b] : [a, b, bias];
    return emit('Gemm', operands, { transA: +transposeA, transB: +transposeB });
  }
  const added = bias === undefined ? [] : [emit('Reshape', [bias, integers(columns, 1)])];
  const turned = emit('Gemm', [b, a, ...added], { transA: +!transposeB, transB: +!transposeA });
  // A transposition right behind a product would be merged with it, and all be as before.
  const apart = emit('Reshape', [turned, integers(columns, rows, 1)]);
  return emit('Reshape', [emit('Transpose', [apart], { perm: [1, 0, 2] }), integers(rows, columns)]);
}
