import type { Tensor as DeviceTensor, NamedAttrMap } from '@tensorflow/tfjs-core';
import type { Executable, Feeds } from '../../graph/program.ts';
import type { Tensor } from '../../graph/tensor.ts';
import type { Backend } from './backend.ts';
import type { Inputs, Loop, Slot } from './emitter.ts';
import type { Plan } from './lower.ts';
import type { Scheduled } from './schedule.ts';

type Library = typeof import('@tensorflow/tfjs-core');
type KernelEngine = ReturnType<Library['engine']>;

/** The tensors that there are, by slot. */
type Table = (DeviceTensor | undefined)[];

/** Computes what a program's runs have in common, and makes the program callable. */
export async function createExecutable<Outputs extends string>(
  { engine, tensor, setBackend }: Library,
  backend: Backend,
  name: string,
  { uploads, once, each, inputs, outputs }: Plan,
): Promise<Executable<Outputs>> {
  const kernels = engine();
  const shared: Table = [];
  try {
    await setBackend(backend.registeredAs);
    for (const { slot, data } of uploads) shared[slot.index] = tensor(data, [...slot.shape]);
    perform(once, shared, kernels);
  } catch (error) {
    release(shared);
    throw backend.failure(name, error);
  }
  const lasting = new Set(shared);
  return {
    async run(feeds: Feeds, into: Partial<Record<Outputs, Tensor>> = {}) {
      const table = shared.slice();
      try {
        await setBackend(backend.registeredAs);
        for (const { name: input, slot, type } of inputs) {
          const feed = feeds[input];
          if (!feed) throw new Error(`The program \`${name}\` was not given its input \`${input}\``);
          table[slot.index] = tensor(feed.data, [...slot.shape], type);
        }
        perform(each, table, kernels);
        // All are asked for before any is waited for: a GPU is asked once.
        const results = await Promise.all(outputs.map(({ slot }) => at(table, slot).data()));
        const trouble = backend.trouble?.(name);
        if (trouble) throw trouble;
        const entries = outputs.map(({ name: output, slot }, i) => {
          const data = results[i] as Float32Array;
          const place = into[output as Outputs];
          place?.data.set(data);
          return [output, place ?? { shape: slot.shape, data: data.slice() }];
        });
        return Object.fromEntries(entries) as Record<Outputs, Tensor>;
      } catch (error) {
        throw backend.failure(name, error);
      } finally {
        release(table.filter(tensor => !lasting.has(tensor)));
      }
    },
    dispose: async () => release(shared),
  };
}

function release(table: Table): void {
  for (const tensor of new Set(table)) tensor?.dispose();
}

function at(table: Table, { index }: Slot): DeviceTensor {
  const found = table[index];
  if (!found) throw new Error('A tensor is used that is not there');
  return found;
}

function perform(steps: readonly Scheduled[], table: Table, kernels: KernelEngine): void {
  for (const { instruction, body, dead } of steps) {
    if ('kernel' in instruction) {
      const { kernel, inputs, attributes, output } = instruction;
      table[output.index] = kernels.runKernel(kernel, operandsOf(inputs, table), attributes as NamedAttrMap);
    } else {
      table[instruction.output.index] = sumOverSlices(instruction, body, table, kernels);
    }
    for (const index of dead) {
      table[index]?.dispose();
      table[index] = undefined;
    }
  }
}

/** The operands by name, or, as kernels of any number of them want it, in an array. */
function operandsOf(inputs: Inputs, table: Table): Record<string, DeviceTensor> {
  const operands: Record<string, DeviceTensor> = Array.isArray(inputs) ? Object([]) : {};
  for (const [key, slot] of Object.entries(inputs)) operands[key] = at(table, slot);
  return operands;
}

function sumOverSlices(
  { source, slice, result }: Loop,
  body: readonly Scheduled[],
  table: Table,
  kernels: KernelEngine,
): DeviceTensor {
  const x = at(table, source);
  const [size] = slice.shape as [number];
  let total: DeviceTensor | undefined;
  for (let start = 0; start < x.shape[0]!; start += size) {
    const begin = slice.shape.map((_, axis) => (axis === 0 ? start : 0));
    table[slice.index] = kernels.runKernel('Slice', { x }, { begin, size: [...slice.shape] });
    perform(body, table, kernels);
    const part = at(table, result);
    table[result.index] = undefined;
    if (total) {
      const sum: DeviceTensor = kernels.runKernel('Add', { a: total, b: part });
      total.dispose();
      part.dispose();
      total = sum;
    } else total = part;
  }
  return total!;
}
