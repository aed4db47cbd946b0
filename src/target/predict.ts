import type { Engine } from '../graph/program.ts';
import { predictionProgram } from '../nern/predictor/reconstruct.ts';
import { once } from '../once.ts';
import type { Representation } from './represent.ts';

/** The kernels [kernels, k * k] that a predictor with these parameters stands for. */
export type Predict = (parameters: Float32Array) => Promise<Float32Array>;

/** The program is compiled when it is first needed. */
export function createPredict(engine: Engine, representation: Representation): Predict {
  const program = once(() => engine.compile(predictionProgram(representation)));
  return async parameters => {
    const predict = await program();
    const { kernels } = await predict.run({ parameters: { shape: [parameters.length], data: parameters } });
    return kernels!.data;
  };
}
