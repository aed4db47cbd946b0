import type { OperationKind, Value } from './value.ts';

/**
 * An operation's reverse-mode rule: from the gradient of its result, those of its operands, as values of the same
 * program. `wanted` says which operands lead to something that is differentiated for; `result` is the value to use
 * where the rule needs the operation's own result.
 */
export type GradientRule = (
  of: Value,
  upstream: Value,
  wanted: readonly boolean[],
  result: Value,
) => readonly (Value | undefined)[];

export type GradientRules = Record<OperationKind, GradientRule>;
