import { readNern, writeNern } from '../format/nern-file.ts';
import type { NernHeader } from '../format/nern-header.ts';
import { copiedFrom, digestOf, type State } from '../format/original.ts';
import type { Engine } from '../graph/program.ts';
import { learnableConvolutions } from '../networks/network.ts';
import type { Configuration } from '../spec/configuration.ts';
import type { FinishedPredictor } from '../target/finished-predictor.ts';
import { storedName } from '../target/target.ts';
import { rebuild } from './reconstruction.ts';

/** A trained predictor, what it represents, and the run that trained it. */
export interface TrainedPredictor extends FinishedPredictor {
  readonly configuration: Configuration;
  readonly run: NernHeader['run'];
}

/** What a run has made. */
export interface Product {
  /** The bytes of the .nern file, and its header. */
  readonly nern: Uint8Array;
  readonly header: NernHeader;
  readonly network: State;
}

/** The .nern file of a trained predictor, and the network that it reconstructs. */
export async function productOf(
  { configuration, target, parameters, permutations, run }: TrainedPredictor,
  engine: Engine,
): Promise<Product> {
  const { hidden, layers: depth, architecture, activation, resample, embedding } = configuration.predictor;
  const predictor = { hidden, layers: depth, architecture, activation, resample, embedding };
  const convolutions = learnableConvolutions(target.network);
  const layers = convolutions.map(({ weight, shape }) => [storedName(target, weight), shape] as const);
  const recipe = { header: { layers, predictor }, parameters, permutations };
  const original = target.stored ?? target.weights;
  const { network, predicted } = await rebuild(recipe, original, engine);
  const header: NernHeader = {
    network: target.network.name,
    layers,
    predictor,
    permutation: permutations[0]!.mode,
    copied: digestOf(copiedFrom(original, layers)),
    predicted,
    engine: { name: engine.name, versions: engine.versions },
    run,
  };
  const nern = writeNern({ header, parameters, permutations });
  // Read back: what leaves the house is known to be readable.
  return { nern, header: readNern(nern, 'the exported file').header, network };
}
