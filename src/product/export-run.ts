import { join, resolve } from 'node:path';
import { Failure } from '../failure.ts';
import { writeAtomic } from '../files/atomic.ts';
import { type NernSizes, sizesOf } from '../format/nern-file.ts';
import { withPlaces } from '../inputs/locate.ts';
import { placeRun } from '../inputs/place-run.ts';
import { predictorOfRun } from '../target/finished-predictor.ts';
import { findRun } from '../target/finished-run.ts';
import { writeNetwork } from './network-files.ts';
import { productOf } from './product.ts';
import { type EngineWish, withEngine } from './with-engine.ts';

/** Which run is exported, and to where. */
export interface ExportOrder extends EngineWish {
  /** The run's folder or its name; names are below `out`. */
  readonly run: string;
  readonly out: string;
  /** The target's weights, where they are no longer where the spec has them. */
  readonly weights?: string | undefined;
  /** Absent: `export` in the run's folder. */
  readonly to?: string | undefined;
}

/** What was exported. */
export interface Exported {
  readonly run: string;
  readonly files: readonly string[];
  /** Of the .nern file. */
  readonly sizes: NernSizes;
  /** Of the convolutions that it stands for, in float32. */
  readonly convolutions: number;
}

/**
 * Writes what a finished run has made: the predictor as a .nern file, and the network that it reconstructs. Throws a
 * Failure when there is no such run or its target is not to be found.
 */
export async function exportRun({ run: name, out, weights, to, ...wish }: ExportOrder): Promise<Exported> {
  const run = await findRun(name, out);
  const { result, configuration, directory } = run;
  if (result.phases.length === 0) {
    throw new Failure(
      'spec',
      `Expected ${run.name} to have trained a predictor, found the baseline`,
      'A trained target is in its folder, as target.safetensors.',
    );
  }
  const { placed, missing } = await placeRun(run);
  const from = { directory, configuration: placed };
  const trained = await predictorOfRun(from, weights && resolve(weights)).catch(error => {
    throw weights === undefined ? withAnotherWay(withPlaces(error, missing)) : error;
  });
  const product = await withEngine(wish, result.provenance.at(-1)!.engine, engine =>
    productOf({ ...trained, configuration, run: { name: run.name, key: result.key } }, engine),
  );
  const folder = resolve(to ?? join(directory, 'export'));
  const nern = join(folder, 'predictor.nern');
  await writeAtomic(nern, product.nern);
  return {
    run: run.name,
    files: [nern, ...(await writeNetwork(folder, product.network))],
    sizes: sizesOf(product.header, product.nern.length),
    convolutions: 4 * result.learnableParameters,
  };
}

/** What is not where the spec had it can be named. */
function withAnotherWay(error: unknown): unknown {
  if (!(error instanceof Failure) || error.kind !== 'checkpoint') return error;
  const hint = "`--with FILE` names the original's weights, wherever they are.";
  return new Failure(error.kind, error.message, hint, error.details);
}
