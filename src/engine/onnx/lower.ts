import type { Program } from '../../graph/program.ts';
import { dependents } from '../../graph/sequence.ts';
import { reachable, type Value } from '../../graph/value.ts';
import { createLayouts, type Names } from './blocks.ts';
import { type Context, operationOf } from './context.ts';
import { lowerBlockedConvolution } from './convolution.ts';
import type { Dialect } from './dialect.ts';
import { createEmitter, type Emitter } from './emitter.ts';
import { type Fusion, findFusions } from './fuse.ts';
import { join } from './join.ts';
import type { Graph, Port } from './model.ts';
import { lowerBlockedAffine } from './normalisation.ts';
import { lowerings } from './operations.ts';
import { outletOf } from './outputs.ts';
import { findTilings } from './tile.ts';

/** Translates a tensor program to an ONNX model. */
export function lower(program: Program, dialect: Dialect): Graph {
  const emitter = createEmitter();
  const context: Context = { ...emitter, ...createLayouts(dialect.block, emitter), dialect };
  const inputs: Port[] = [];
  const results = Object.values(program.outputs);
  const values = reachable(results);
  for (const of of values) {
    const { operation } = of;
    if (operation.kind === 'input') {
      inputs.push({ name: operation.name, shape: of.shape, type: of.type });
      context.define(of, { plain: operation.name });
    } else if (operation.kind === 'constant') {
      context.define(of, { plain: emitter.tensor(operation.data, of.shape) });
    }
  }
  compute(values.filter(isComputed), results, context);
  const outputs = outletOf(program, dialect).emit(context);
  return { name: program.name, nodes: emitter.nodes, initializers: emitter.initializers, inputs, outputs };
}

const isComputed = ({ operation: { kind } }: Value) =>
  kind !== 'input' && kind !== 'constant' && kind !== 'sequenceSlice';

/** Computes values, operands first; `results` are those that are needed outside. */
function compute(values: readonly Value[], results: readonly Value[], context: Context): void {
  const fusions = findFusions(values, results, context.block);
  const tilings = findTilings(values, results);
  const absorbed = new Set([
    ...[...fusions].flatMap(([relu, fusion]) => fusedInto(relu, fusion)),
    ...[...tilings.values()].flatMap(({ instead }) => instead),
  ]);
  for (const of of values) {
    if (absorbed.has(of)) continue;
    const [fusion, tiling] = [fusions.get(of), tilings.get(of)];
    const made = fusion
      ? lowerFusion(fusion, context)
      : tiling
        ? join(tiling.parts.map(context.plain), tiling.axis, context)
        : lowerAlone(of, context);
    context.define(of, typeof made === 'string' ? { plain: made } : made);
  }
}

/** The values that are not computed by themselves because a fusion does it. */
function fusedInto(relu: Value, { base, added }: Fusion): Value[] {
  return added === undefined ? [base] : [base, relu.operands[0]!];
}

/** What works on blocks, what is added to it, and a ReLU, as one operation. */
function lowerFusion({ base, added }: Fusion, context: Context): Names {
  const lowerBase = base.operation.kind === 'convolution' ? lowerBlockedConvolution : lowerBlockedAffine;
  return lowerBase(base, context, added, { activation: 'Relu' });
}

function lowerAlone(of: Value, context: Context): string | Names {
  const { kind } = of.operation;
  return kind === 'sumOverSlices'
    ? sumsOverSlices[context.dialect.device](of, context)
    : lowerings[kind as keyof typeof lowerings](of, context);
}

const sumsOverSlices = { cpu: loopOverSlices, gpu: unrolledSlices };

/** The context of a slice: what is computed for it is known there only. */
const within = (context: Context, emitter: Emitter): Context => ({
  ...emitter,
  ...createLayouts(context.block, emitter, context),
  dialect: context.dialect,
});

/** The computation of each slice, and the sum of them all. */
function unrolledSlices(of: Value, context: Context): string {
  const { emit, integers, plain } = context;
  const { slice, result } = operationOf(of, 'sumOverSlices');
  const [x] = of.operands as [Value];
  const size = slice.shape[0]!;
  const sums = Array.from({ length: x.shape[0]! / size }, (_, i) => {
    const each = within(context, context);
    const rows = [integers(i * size), integers((i + 1) * size), integers(0)];
    each.define(slice, { plain: emit('Slice', [plain(x), ...rows]) });
    compute(dependents(slice, result).slice(1), [result], each);
    return each.plain(result);
  });
  return sums.reduce((sofar, sum) => emit('Add', [sofar, sum]));
}

/**
 * A Loop that carries the sum. Its body is a graph with inputs and outputs as the operator has them (iteration, whether
 * to carry on, what is carried), and sees everything outside by name.
 */
function loopOverSlices(of: Value, context: Context): string {
  const { slice, result } = operationOf(of, 'sumOverSlices');
  const [x] = of.operands as [Value];
  const size = slice.shape[0]!;
  const emitter = context.nested();
  const body = within(context, emitter);
  const { emit, integers, tensor } = body;
  const named = (part: string) => `${part}/${of.id}`;
  const [iteration, carryOn, sofar] = [named('iteration'), named('carry-on'), named('sum')];
  const start = emit('Mul', [emit('Reshape', [iteration, integers(1)]), integers(size)]);
  const end = emit('Add', [start, integers(size)]);
  body.define(slice, { plain: emit('Slice', [context.plain(x), start, end, integers(0)]) });
  compute(dependents(slice, result).slice(1), [result], body);
  const [carriedOn, sum] = [emit('Identity', [carryOn]), emit('Add', [sofar, body.plain(result)])];
  const graph: Graph = {
    name: 'slice',
    nodes: emitter.nodes,
    initializers: [],
    inputs: [
      { name: iteration, shape: [], type: 'int64' },
      { name: carryOn, shape: [], type: 'bool' },
      { name: sofar, shape: result.shape, type: 'float32' },
    ],
    outputs: [
      { name: carriedOn, shape: [], type: 'bool' },
      { name: sum, shape: result.shape, type: 'float32' },
    ],
  };
  const count = context.emit('Reshape', [integers(x.shape[0]! / size), context.integers()]);
  const zeros = context.emit('Expand', [tensor(Float32Array.of(0), [1]), integers(...result.shape)]);
  return context.emit('Loop', [count, '', zeros], { body: { graph } });
}
