import { basename, extname, resolve } from 'node:path';
import { readNernFile } from '../format/nern-file.ts';
import type { NernHeader } from '../format/nern-header.ts';
import { isOnnx, readOnnxWeights } from '../target/network-file.ts';
import { embeddedWeights } from '../target/target.ts';
import { readCheckpoint } from '../weights/checkpoint.ts';
import { writeNetwork } from './network-files.ts';
import { reconstruct } from './reconstruction.ts';
import { type EngineWish, withEngine } from './with-engine.ts';

/** Which .nern file is to become a network, and where that goes. */
export interface ReconstructOrder extends EngineWish {
  readonly file: string;
  /** The original's weights; `embedded`: those of the built-in target. */
  readonly original: string;
  /** Absent: a folder of the file's name, in the working directory. */
  readonly to?: string | undefined;
}

/** What was reconstructed. */
export interface Reconstructed {
  readonly header: NernHeader;
  /** Whether the predicted weights are the export's, to the bit. */
  readonly identical: boolean;
  readonly files: readonly string[];
}

/** Writes the network that a .nern file stands for. Throws a Failure of kind 'checkpoint' when a file is no good. */
export async function reconstructFile({
  file: path,
  original,
  to = basename(path, extname(path)),
  ...wish
}: ReconstructOrder): Promise<Reconstructed> {
  const file = await readNernFile(path);
  const { header } = file;
  const originalPath = original === 'embedded' ? embeddedWeights : original;
  const { tensors } = await (isOnnx(originalPath)
    ? readOnnxWeights(originalPath)
    : readCheckpoint(originalPath));
  const { network, predicted } = await withEngine(wish, header.engine.name, engine =>
    reconstruct(file, tensors, engine, [path, originalPath]),
  );
  const files = await writeNetwork(resolve(to), network);
  return { header, identical: predicted === header.predicted, files };
}
