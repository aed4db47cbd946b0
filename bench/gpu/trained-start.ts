import { type Start, type SyntheticTraining, syntheticStart } from '../../src/devices/synthetic.ts';
import type { Engine } from '../../src/graph/program.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { predictionProgram } from '../../src/nern/predictor/reconstruct.ts';
import { targetKernels } from '../../src/nern/target-kernels.ts';
import { learnableConvolutions } from '../../src/networks/network.ts';
import { createRandom } from '../../src/random.ts';

/** Kernels' standard deviation: at this one, random ones of ResNet20 give logits of the size that trained ones give. */
const spread = 0.025;

/** The kernels' noise that the predictor has not learnt, in parts of their spread: some of it is left after a training. */
const unlearnt = 0.5;

/**
 * A start like the end of a training, when the reconstructed network computes about what the original does: the target
 * is made to fit the predictor, its kernels being what that one gives and some noise. With any other target the
 * predictor's kernels are too much alike, what goes through the network grows from layer to layer, and with it, without
 * bounds, the difference that a rounding makes.
 */
export async function trainedStart(training: SyntheticTraining, engine: Engine): Promise<Start> {
  const { definition, parameters } = syntheticStart(training);
  const program = await engine.compile(predictionProgram(definition));
  const predict = async () =>
    (await program.run({ parameters: { shape: [parameters.length], data: parameters } })).kernels!.data;
  centre(parameters, training.hidden, await predict());
  const kernels = await predict();
  await program.dispose();
  const random = createRandom(0, 'unlearnt');
  const rest = unlearnt * spread;
  const { network } = definition.target;
  const weights = new Map<string, Tensor>(definition.target.weights);
  let at = 0;
  for (const { weight, shape } of learnableConvolutions(network)) {
    const { data } = weights.get(weight)!;
    weights.set(weight, { shape, data: data.map(() => kernels[at++]! + rest * random.normal()) });
  }
  const target = { network, weights };
  return { definition: { ...definition, target, kernels: targetKernels(network, weights) }, parameters };
}

/** Changes the last layer, [k * k, hidden] and [k * k], so that the kernels it gives have mean 0 and the spread above. */
function centre(parameters: Float32Array, hidden: number, kernels: Float32Array): void {
  const width = 9;
  const count = kernels.length / width;
  const means = Array.from({ length: width }, (_, tap) =>
    kernels.reduce((sum, value, i) => (i % width === tap ? sum + value / count : sum), 0),
  );
  const variance =
    kernels.reduce((sum, value, i) => sum + (value - means[i % width]!) ** 2, 0) / kernels.length;
  const factor = spread / Math.sqrt(variance);
  const bias = parameters.length - width;
  for (let tap = 0; tap < width; tap++) parameters[bias + tap]! -= means[tap]!;
  const weight = bias - width * hidden;
  for (let i = weight; i < parameters.length; i++) parameters[i]! *= factor;
}
