import { forwardOperands, type Value } from '../../graph/value.ts';
import { operationOf } from './context.ts';

/** Parts that lie one behind the other along `axis` and fill the whole. */
export interface Tiling {
  readonly parts: readonly Value[];
  readonly axis: number;
  /** The additions and paddings that need not be done. */
  readonly instead: readonly Value[];
}

/**
 * The sums, by their last addition, of parts that are padded with zeros to where the others are not: the gradient of a
 * vector of which slices were used. Joining the parts is one pass where the sum takes two for each of them.
 */
export function findTilings(values: readonly Value[], outputs: readonly Value[]): Map<Value, Tiling> {
  const uses = new Map<Value, number>();
  for (const of of [...values.flatMap(forwardOperands), ...outputs]) uses.set(of, (uses.get(of) ?? 0) + 1);
  const found = new Map<Value, Tiling>();
  const absorbed = new Set<Value>();
  for (const sum of values.toReversed()) {
    if (sum.operation.kind !== 'add' || absorbed.has(sum)) continue;
    const terms = termsOf(sum, of => uses.get(of) === 1);
    const tiling = terms && tilingOf(sum, terms);
    if (!tiling) continue;
    found.set(sum, tiling);
    for (const of of tiling.instead) absorbed.add(of);
  }
  return found;
}

/** The paddings and inner additions of a sum, if nothing else is summed and nothing else needs them. */
function termsOf(
  sum: Value,
  usedOnce: (of: Value) => boolean,
): { pads: Value[]; additions: Value[] } | undefined {
  const [pads, additions]: [Value[], Value[]] = [[], []];
  const pending = [...sum.operands];
  for (let term = pending.pop(); term; term = pending.pop()) {
    if (!usedOnce(term) || term.shape.join() !== sum.shape.join()) return undefined;
    if (term.operation.kind === 'pad') {
      pads.push(term);
    } else if (term.operation.kind === 'add') {
      additions.push(term);
      pending.push(...term.operands);
    } else return undefined;
  }
  return { pads, additions };
}

function tilingOf(
  sum: Value,
  { pads, additions }: { readonly pads: readonly Value[]; readonly additions: readonly Value[] },
): Tiling | undefined {
  const parts = pads.map(pad => ({ of: pad.operands[0]!, before: operationOf(pad, 'pad').before }));
  const axis = sum.shape.findIndex((length, i) => parts.some(({ of }) => of.shape[i] !== length));
  parts.sort((a, b) => a.before[axis]! - b.before[axis]!);
  let end = 0;
  for (const { of, before } of parts) {
    const fits = sum.shape.every((length, i) =>
      i === axis ? before[i] === end : before[i] === 0 && of.shape[i] === length,
    );
    if (!fits) return undefined;
    end += of.shape[axis]!;
  }
  if (end !== sum.shape[axis]) return undefined;
  return { parts: parts.map(({ of }) => of), axis, instead: [...pads, ...additions] };
}
