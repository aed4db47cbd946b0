import { convolutionGradients } from './convolution.ts';
import { add } from './elementwise.ts';
import { elementwiseGradients } from './elementwise-gradients.ts';
import type { GradientRules } from './gradient-rule.ts';
import { layoutGradients } from './layout.ts';
import { linearGradients } from './linear.ts';
import { normalisationGradients } from './normalisation.ts';
import { poolingGradients } from './pooling.ts';
import { reductionGradients } from './reduction.ts';
import { scalar, type Value } from './value.ts';

const rules: Partial<GradientRules> = {
  ...elementwiseGradients,
  ...reductionGradients,
  ...linearGradients,
  ...convolutionGradients,
  ...poolingGradients,
  ...layoutGradients,
  ...normalisationGradients,
};

/** The gradients of a scalar with respect to each of `variables`. */
export function gradients(of: Value, variables: readonly Value[]): Value[] {
  if (of.shape.length !== 0) throw new Error(`Expected a scalar to differentiate, got shape [${of.shape}]`);
  return pullBack([[of, scalar(1)]], variables);
}

/**
 * Reverse mode from several results at once: each with the gradient that comes in from outside. A variable may be any
 * value; what lies below it is not looked at. Fails where an operation on the way has no rule, or a variable is not
 * reached.
 */
export function pullBack(
  results: readonly (readonly [Value, Value])[],
  variables: readonly Value[],
): Value[] {
  const leads = leadsTo(
    variables,
    results.map(([result]) => result),
  );
  const upstream = new Map<Value, Value>();
  const accumulate = (to: Value, gradient: Value) => {
    const sofar = upstream.get(to);
    upstream.set(to, sofar ? add(sofar, gradient) : gradient);
  };
  for (const [result, gradient] of results) accumulate(result, gradient);
  const standIns = new Map<Value, Value>();
  for (const of of [...leads].sort((a, b) => b.id - a.id)) {
    const gradient = upstream.get(of);
    if (!gradient || variables.includes(of)) continue;
    const rule = rules[of.operation.kind];
    if (!rule) throw new Error(`The operation \`${of.operation.kind}\` has no gradient`);
    if (of.operation.kind === 'computedAs') standIns.set(of.operands[0]!, of.operands[1]!);
    const wanted = of.operands.map(operand => leads.has(operand));
    const partials = rule(of, gradient, wanted, standIns.get(of) ?? of);
    of.operands.forEach((operand, i) => {
      const partial = partials[i];
      if (wanted[i] && partial) accumulate(operand, partial);
    });
  }
  return variables.map(variable => {
    const gradient = upstream.get(variable);
    if (!gradient) throw new Error('A variable is not reached by what is differentiated');
    return gradient;
  });
}

/** The values on a way from one of `variables` to one of `results`. */
function leadsTo(variables: readonly Value[], results: readonly Value[]): Set<Value> {
  const visited = new Map<Value, boolean>();
  for (const variable of variables) visited.set(variable, true);
  const pending = [...results];
  while (pending.length > 0) {
    const next = pending[pending.length - 1]!;
    const open = visited.has(next) ? [] : next.operands.filter(operand => !visited.has(operand));
    if (open.length > 0) {
      pending.push(...open);
      continue;
    }
    pending.pop();
    if (!visited.has(next))
      visited.set(
        next,
        next.operands.some(operand => visited.get(operand)),
      );
  }
  return new Set([...visited].filter(([, leads]) => leads).map(([of]) => of));
}
