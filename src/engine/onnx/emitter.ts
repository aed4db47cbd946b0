import type { Attribute, Initializer, Node } from './model.ts';

/** Collects the nodes and initializers of an ONNX graph; every method returns the name of what it made. */
export interface Emitter {
  readonly nodes: Node[];
  readonly initializers: Initializer[];
  /** A node of one result, of the standard operator set or, with the prefix `ms:` or `nchwc:`, ONNX Runtime's own. */
  emit(
    opType: string,
    input: readonly string[],
    attributes?: Record<string, Attribute>,
    output?: string,
  ): string;
  /** A fixed float32 or int32 tensor; the same data is stored once. */
  tensor(data: Float32Array | Int32Array, shape: readonly number[]): string;
  /** A fixed list of int64, as shapes, axes and pads are given. */
  integers(...values: number[]): string;
  /** A fixed float32 scalar. */
  scalar(number: number): string;
  /** An emitter of the body of a loop: nodes of its own, which may use everything outside. */
  nested(): Emitter;
}

const domains = { ms: 'com.microsoft', nchwc: 'com.microsoft.nchwc' } as const;

/** An emitter with nothing in it yet. */
export function createEmitter(): Emitter {
  const initializers: Initializer[] = [];
  const named = new Map<unknown, string>();
  let count = 0;
  const keep = (key: unknown, data: Initializer['data'], shape: readonly number[]) => {
    let name = named.get(key);
    if (name === undefined) {
      name = `c${initializers.length}`;
      named.set(key, name);
      initializers.push({ name, shape, data });
    }
    return name;
  };
  const emitterInto = (nodes: Node[]): Emitter => ({
    nodes,
    initializers,
    emit(opType, input, attributes = {}, output = `t${count++}`) {
      const [name, prefix] = opType.split(':').reverse() as [string, keyof typeof domains | undefined];
      const domain = prefix ? { domain: domains[prefix] } : {};
      nodes.push({ opType: name, ...domain, input, output: [output], attributes });
      return output;
    },
    tensor(data, shape) {
      const key = data.length === 1 ? `${data.constructor.name} [${shape}] ${data[0]}` : data;
      return keep(key, data, shape);
    },
    integers: (...values) => keep(`int64 ${values}`, BigInt64Array.from(values, BigInt), [values.length]),
    scalar: number => keep(`Float32Array [] ${Math.fround(number)}`, Float32Array.of(number), []),
    nested: () => emitterInto([]),
  });
  return emitterInto([]);
}
