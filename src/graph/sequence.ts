import { reachable, type Value, value } from './value.ts';

/**
 * The sum of `apply` over slices of `size` rows of `x` [n, ...], one after the other: what would need the memory of all
 * rows at once, or leave the caches, is done piece by piece. What does not depend on the slice is computed once.
 * It has no gradient; `apply` may take gradients inside.
 */
export function sumOverSlices(x: Value, size: number, apply: (slice: Value) => Value): Value {
  const [rows, ...rest] = x.shape as [number, ...number[]];
  if (rows % size !== 0) throw new Error(`Expected slices of ${size} to divide ${rows} rows`);
  if (rows === size) return apply(x);
  const slice = value({ kind: 'sequenceSlice' }, [], [size, ...rest]);
  const result = apply(slice);
  const outer = new Set(dependents(slice, result).flatMap(of => of.operands));
  for (const of of dependents(slice, result)) outer.delete(of);
  return value({ kind: 'sumOverSlices', slice, result }, [x, ...outer], result.shape);
}

/** What is computed anew for each slice, operands first; `slice` itself comes first of all. */
export function dependents(slice: Value, result: Value): Value[] {
  const found = new Set([slice]);
  for (const of of reachable([result])) {
    if (of.operands.some(operand => found.has(operand))) found.add(of);
  }
  return [...found];
}
