import { Failure } from '../failure.ts';
import { type NernFile, shapesOf } from '../format/nern-file.ts';
import { copiedFrom, digestOf, type State } from '../format/original.ts';
import type { Engine } from '../graph/program.ts';
import { sizeOf, type Tensor } from '../graph/tensor.ts';
import { permutedRows } from '../nern/ordering/permutation.ts';
import { kernelEmbedding } from '../nern/predictor/kernel-embedding.ts';
import { type KernelPredictor, predictionProgram } from '../nern/predictor/reconstruct.ts';
import { kernelTable, layersOfTable } from '../nern/target-kernels.ts';

/** A network whose convolutions are predicted, and whose other tensors are the original's. */
export interface Reconstruction {
  readonly network: State;
  /** sha256 of the predicted tensors (`digestOf`). */
  readonly predicted: string;
}

type Recipe = Pick<NernFile, 'parameters' | 'permutations'> & {
  readonly header: Pick<NernFile['header'], 'layers' | 'predictor'>;
};

/**
 * The network that a .nern file stands for. Of the original only what is copied is needed. Throws a Failure of kind
 * 'checkpoint' when that is not what it was exported with.
 */
export async function reconstruct(
  file: NernFile,
  original: State,
  engine: Engine,
  [nernName, originalName]: readonly [nern: string, original: string],
): Promise<Reconstruction> {
  const { header } = file;
  if (digestOf(copiedFrom(original, header.layers)) !== header.copied) {
    throw new Failure(
      'checkpoint',
      `Expected ${originalName} to be the original of ${nernName}, got other tensors beside its convolutions`,
      `It was exported with ${header.network}, run ${header.run.name}: give that network's weights.`,
    );
  }
  return rebuild(file, original, engine);
}

/** As `reconstruct`, for an original that is known to be right. */
export async function rebuild(recipe: Recipe, original: State, engine: Engine): Promise<Reconstruction> {
  const predicted = await predictLayers(recipe, engine);
  const network = new Map([...original, ...predicted]);
  return { network, predicted: digestOf(predicted) };
}

async function predictLayers(recipe: Recipe, engine: Engine): Promise<Map<string, Tensor>> {
  const { parameters, header } = recipe;
  const program = await engine.compile(predictionProgram(predictorOf(recipe)));
  const { kernels } = await program.run({ parameters: { shape: [parameters.length], data: parameters } });
  await program.dispose();
  const tensors = layersOfTable(
    kernels!,
    header.layers.map(([, shape]) => ({ shape })),
  );
  return new Map(header.layers.map(([name], l) => [name, tensors[l]!]));
}

function predictorOf({ header, permutations }: Recipe): KernelPredictor {
  const { architecture, activation, resample, embedding } = header.predictor;
  const layers = header.layers.map(([, shape]) => ({ shape, data: new Float32Array(sizeOf(shape)) }));
  return {
    kernels: kernelTable(layers),
    embedding: kernelEmbedding(layers, permutedRows(layers, permutations), embedding),
    predictorShapes: shapesOf(header),
    predictorForm: { architecture, activation },
    resampling: resample,
  };
}
