import { sizeOf } from './tensor.ts';
import { reachable, type Value } from './value.ts';

/** Multiply-adds of the products and convolutions that computing the outputs takes; all else is little beside them. */
export function multiplyAdds(outputs: readonly Value[]): number {
  return reachable(outputs).reduce((total, value) => total + ofValue(value), 0);
}

function ofValue({ operation, operands, shape }: Value): number {
  switch (operation.kind) {
    case 'convolution':
      return sizeOf(shape) * sizeOf(operands[1]!.shape.slice(1));
    case 'linear':
      return sizeOf(shape) * operands[0]!.shape.at(-1)!;
    case 'matmul':
      return sizeOf(shape) * operands[0]!.shape.at(operation.transposeA ? -2 : -1)!;
    default:
      return 0;
  }
}
