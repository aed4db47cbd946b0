import type { InferenceSession } from 'onnxruntime-node';
import ort from 'onnxruntime-node';
import type { Executable, Feeds } from '../../graph/program.ts';
import type { Tensor } from '../../graph/tensor.ts';
import type { EngineName } from '../names.ts';
import { engineFailure } from './failure.ts';
import { outputPort } from './lower.ts';

/** A session as the executable of the program `name` with these outputs. */
export function executableOf<Outputs extends string>(
  engine: EngineName,
  session: InferenceSession,
  name: string,
  names: readonly Outputs[],
): Executable<Outputs> {
  return {
    async run(feeds: Feeds, into: Partial<Record<Outputs, Tensor>> = {}) {
      const inputs = Object.fromEntries(
        session.inputNames.map(input => {
          const feed = feeds[input];
          if (!feed) throw new Error(`The program \`${name}\` was not given its input \`${input}\``);
          return [input, new ort.Tensor(feed.data, feed.shape)];
        }),
      );
      const fetches = Object.fromEntries(
        names.map(output => {
          const tensor = into[output];
          return [outputPort(output), tensor ? new ort.Tensor(tensor.data, tensor.shape) : null];
        }),
      );
      const outputs = await session.run(inputs, fetches).catch(error => {
        throw engineFailure(engine, name, error);
      });
      return Object.fromEntries(
        names.map(output => {
          const { dims, data } = outputs[outputPort(output)]!;
          return [output, { shape: dims, data: data as Float32Array }];
        }),
      ) as Record<Outputs, Tensor>;
    },
    dispose: () => session.release(),
  };
}
