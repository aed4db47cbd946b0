import type { InferenceSession } from 'onnxruntime-node';
import type { EngineName } from '../../catalogue/engines.ts';
import type { Executable } from '../../graph/program.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { engineFailure } from './failure.ts';
import type { Outlet } from './outputs.ts';
import ort from './runtime.ts';

/** A session as the executable of the program `name`, whose outputs leave by `outlet`. */
export function executableOf<Outputs extends string>(
  engine: EngineName,
  session: InferenceSession,
  name: string,
  outlet: Outlet<Outputs>,
): Executable<Outputs> {
  return {
    async run(feeds, into = {}) {
      const inputs = record(session.inputNames, input => {
        const feed = feeds[input];
        if (!feed) throw new Error(`The program \`${name}\` was not given its input \`${input}\``);
        return [input, new ort.Tensor(feed.data, feed.shape)];
      });
      const fetches = record(Object.entries(outlet.fetches(into)), ([port, tensor]) => [
        port,
        tensor ? new ort.Tensor(tensor.data, tensor.shape) : null,
      ]);
      const outputs = await session.run(inputs, fetches).catch(error => {
        throw engineFailure(engine, name, error);
      });
      const fetched = record(Object.entries(outputs), ([port, { dims, data }]): [string, Tensor] => [
        port,
        { shape: dims, data: data as Float32Array },
      ]);
      return outlet.read(fetched, into);
    },
    dispose: () => session.release(),
  };
}

const record = <A, B>(all: readonly A[], entry: (of: A) => [string, B]): Record<string, B> =>
  Object.fromEntries(all.map(entry));
