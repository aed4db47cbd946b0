import type { Program } from '../../graph/program.ts';
import { dependents } from '../../graph/sequence.ts';
import { reachable, type Value } from '../../graph/value.ts';
import { type Context, operationOf, type Strength } from './context.ts';
import { createEmitter, type Slot, type Upload } from './emitter.ts';
import { findRectified } from './fuse.ts';
import { createLayouts } from './layouts.ts';
import { lowerings } from './operations.ts';
import { type Scheduled, schedule, usedBy } from './schedule.ts';

/** What a program amounts to on TensorFlow.js. */
export interface Plan {
  readonly uploads: readonly Upload[];
  /** What is computed once for all runs; the slots that runs read are kept. */
  readonly once: readonly Scheduled[];
  /** What each run computes; no slot but the outputs is left. */
  readonly each: readonly Scheduled[];
  readonly inputs: readonly { readonly name: string; readonly slot: Slot; readonly type: Value['type'] }[];
  readonly outputs: readonly { readonly name: string; readonly slot: Slot }[];
}

/** Translates a tensor program to calls of TensorFlow.js kernels. */
export function lower(program: Program, strengths: ReadonlySet<Strength>): Plan {
  const emitter = createEmitter();
  const values = reachable(Object.values(program.outputs));
  const rectified = findRectified(values, Object.values(program.outputs));
  const context: Context = { ...emitter, ...createLayouts(emitter), strengths, rectified };
  const inputs: Plan['inputs'][number][] = [];
  for (const of of values) {
    const { operation } = of;
    if (operation.kind === 'input') {
      const slot = emitter.input(of.shape);
      inputs.push({ name: operation.name, slot, type: of.type });
      context.define(of, { slot, last: false });
    } else if (operation.kind === 'constant') {
      context.define(of, { slot: emitter.constant(operation.data, of.shape), last: false });
    } else if (operation.kind !== 'sequenceSlice') {
      compute(of, context);
    }
  }
  const outputs = Object.entries(program.outputs).map(([name, of]) => ({ name, slot: context.plain(of) }));
  const results = outputs.map(({ slot }) => slot);
  const [once, each] = emitter.levels as [Scheduled['instruction'][], Scheduled['instruction'][]];
  return {
    uploads: emitter.uploads,
    once: schedule(once, 0, [...usedBy(each), ...results]),
    each: schedule(each, 1, results),
    inputs,
    outputs,
  };
}

function compute(of: Value, context: Context): void {
  const { kind } = of.operation;
  const made =
    kind === 'sumOverSlices'
      ? lowerSumOverSlices(of, context)
      : lowerings[kind as keyof typeof lowerings](of, context);
  context.define(of, 'slot' in made ? made : { slot: made, last: false });
}

function lowerSumOverSlices(of: Value, context: Context): Slot {
  const { slice, result } = operationOf(of, 'sumOverSlices');
  return context.loop(context.plain(of.operands[0]!), slice.shape[0]!, slot => {
    context.define(slice, { slot, last: false });
    for (const inner of dependents(slice, result).slice(1)) compute(inner, context);
    return context.plain(result);
  });
}
