import { sizeOf, type Tensor } from '../../graph/tensor.ts';
import type { Value } from '../../graph/value.ts';
import type { Context } from './context.ts';
import type { Dialect } from './dialect.ts';
import { join } from './join.ts';
import type { Port } from './model.ts';

/** ONNX wants one name space; a program may call an output like an input (the parameters, before and after). */
const outputPort = (name: string) => `out/${name}`;

/** What is fetched from a session: by port, the tensor to write to, or null for fresh memory. */
export type Fetches = Readonly<Record<string, Tensor | null>>;

/** How the outputs of a program leave the runtime. */
export interface Outlet<Outputs extends string> {
  /** Emits them; returns the ports of the graph. */
  emit(context: Context): Port[];
  fetches(into: Partial<Record<Outputs, Tensor>>): Fetches;
  /** The outputs in what was fetched. */
  read(fetched: Fetches, into: Partial<Record<Outputs, Tensor>>): Record<Outputs, Tensor>;
}

/**
 * A CPU's outputs are written where they are wanted. Of a GPU each output would be waited for by itself, which takes as
 * long as some hundred of a step's operations: they leave as one vector.
 */
export function outletOf<Outputs extends string>(
  { outputs }: { readonly outputs: Readonly<Record<Outputs, Value>> },
  { device }: Dialect,
): Outlet<Outputs> {
  const entries = Object.entries(outputs) as [Outputs, Value][];
  return device === 'cpu' || entries.length === 1 ? separately(entries) : together(entries);
}

function separately<Outputs extends string>(entries: readonly [Outputs, Value][]): Outlet<Outputs> {
  const record = <A>(of: (name: Outputs) => readonly [string, A]) =>
    Object.fromEntries(entries.map(([name]) => of(name)));
  return {
    emit: ({ emit, plain }) =>
      entries.map(([name, of]) => {
        const port = outputPort(name);
        emit('Identity', [plain(of)], {}, port);
        return { name: port, shape: of.shape, type: of.type };
      }),
    fetches: into => record(name => [outputPort(name), into[name] ?? null]),
    read: fetched => record(name => [name, fetched[outputPort(name)]!]) as Record<Outputs, Tensor>,
  };
}

function together<Outputs extends string>(entries: readonly [Outputs, Value][]): Outlet<Outputs> {
  const port = outputPort('all');
  const sizes = entries.map(([, { shape }]) => sizeOf(shape));
  const starts = sizes.map((_, i) => sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  return {
    emit(context) {
      const { emit, integers, plain } = context;
      const vectors = entries.map(([, of], i) => emit('Reshape', [plain(of), integers(sizes[i]!)]));
      emit('Identity', [join(vectors, 0, context)], {}, port);
      return [{ name: port, shape: [total], type: 'float32' }];
    },
    fetches: () => ({ [port]: null }),
    read(fetched, into) {
      const { data } = fetched[port]!;
      const results = entries.map(([name, { shape }], i) => {
        const part = data.subarray(starts[i]!, starts[i]! + sizes[i]!);
        into[name]?.data.set(part);
        return [name, into[name] ?? { shape, data: part.slice() }];
      });
      return Object.fromEntries(results) as Record<Outputs, Tensor>;
    },
  };
}
