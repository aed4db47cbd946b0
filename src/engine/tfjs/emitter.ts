/** A tensor of a plan, named by its place in the table of tensors that an execution fills. */
export interface Slot {
  readonly index: number;
  readonly shape: readonly number[];
  /** How often it is computed: 0 once for all runs, 1 in each run, 2 for each slice of a sum over slices, ... */
  readonly level: number;
}

type Attribute = number | boolean | string | readonly number[] | readonly (readonly number[])[];
export type Attributes = Readonly<Record<string, Attribute>>;
export type Inputs = readonly Slot[] | Readonly<Record<string, Slot>>;

/** One call of a TensorFlow.js kernel. */
export interface Call {
  readonly kernel: string;
  readonly inputs: Inputs;
  readonly attributes: Attributes;
  readonly output: Slot;
}

/** The sum of `result` over slices of rows of `source`, each of which the body finds in `slice`. */
export interface Loop {
  readonly source: Slot;
  readonly slice: Slot;
  readonly body: readonly Instruction[];
  readonly result: Slot;
  readonly output: Slot;
}

export type Instruction = Call | Loop;

/** Data that becomes a tensor once for all runs. */
export interface Upload {
  readonly slot: Slot;
  readonly data: Float32Array | Int32Array;
}

/**
 * Collects instructions. Each goes where its operands allow it to be computed least often: what depends on constants
 * alone is done once, what does not depend on the slice once a run. The same call on the same operands is made once.
 */
export interface Emitter {
  /** Instructions by level, the innermost loop's last. */
  readonly levels: readonly Instruction[][];
  readonly uploads: readonly Upload[];
  call(kernel: string, inputs: Inputs, attributes: Attributes, shape: readonly number[]): Slot;
  constant(data: Float32Array | Int32Array, shape: readonly number[]): Slot;
  input(shape: readonly number[]): Slot;
  /** The sum over slices of `size` rows of `source`; `emitBody` gives the slot of a slice's result. */
  loop(source: Slot, size: number, emitBody: (slice: Slot) => Slot): Slot;
}

/** An emitter with nothing in it yet. */
export function createEmitter(): Emitter {
  const levels: Instruction[][] = [[], []];
  const uploads: Upload[] = [];
  const made = new Map<string, Slot>();
  const constants = new Map<unknown, Slot>();
  let count = 0;
  const slot = (shape: readonly number[], level: number): Slot => ({ index: count++, shape, level });
  return {
    levels,
    uploads,
    call(kernel, inputs, attributes, shape) {
      const operands = Object.values(inputs);
      const key = `${kernel} ${operands.map(({ index }) => index)} ${JSON.stringify(attributes)} [${shape}]`;
      let output = made.get(key);
      if (!output) {
        output = slot(shape, Math.max(0, ...operands.map(({ level }) => level)));
        made.set(key, output);
        levels[output.level]!.push({ kernel, inputs, attributes, output });
      }
      return output;
    },
    constant(data, shape) {
      const key = data.length === 1 ? `${data.constructor.name} [${shape}] ${data[0]}` : data;
      let output = constants.get(key);
      if (output?.shape.join() !== shape.join()) {
        output = slot(shape, 0);
        constants.set(key, output);
        uploads.push({ slot: output, data });
      }
      return output;
    },
    input: shape => slot(shape, 1),
    loop(source, size, emitBody) {
      const inner = levels.length;
      const slice = slot([size, ...source.shape.slice(1)], inner);
      const body: Instruction[] = [];
      levels.push(body);
      const result = emitBody(slice);
      levels.pop();
      const outside = [source, ...body.flatMap(readBy)].filter(({ level }) => level < inner);
      const output = slot(result.shape, Math.max(...outside.map(({ level }) => level)));
      levels[output.level]!.push({ source, slice, body, result, output });
      return output;
    },
  };
}

/** What an instruction reads, a loop's body included. */
export function readBy(instruction: Instruction): readonly Slot[] {
  if ('kernel' in instruction) return Object.values(instruction.inputs);
  return [instruction.source, ...instruction.body.flatMap(readBy), instruction.result];
}
