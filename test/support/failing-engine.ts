import { openEngine } from '../../src/engine/open.ts';
import type { Engine } from '../../src/graph/program.ts';
import type { Tensor } from '../../src/graph/tensor.ts';

/** An engine whose results are no numbers in some of the steps of a program: all of them, or one by its name. */
export async function failingEngine(
  program: string,
  steps: (step: number) => boolean,
  output?: string,
): Promise<Engine> {
  let step = 0;
  const engine = await openEngine({ name: 'onnx:cpu', threads: 1, device: 0 });
  return {
    ...engine,
    compile: async compiled => {
      const executable = await engine.compile(compiled);
      const isStep = compiled.name === program;
      return {
        ...executable,
        async run(feeds, into) {
          const result = await executable.run(feeds, into);
          if (isStep && steps(++step))
            for (const written of [result, into ?? {}])
              for (const [name, tensor] of Object.entries<Tensor>(written))
                if (output === undefined || name === output) tensor.data.fill(Number.NaN);
          return result;
        },
      };
    },
  };
}
