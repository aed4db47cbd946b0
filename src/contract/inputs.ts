import type { Files, GivenRun, Placed } from './placed.ts';

/** What a file, or some images, are to the runs of a cell; those of phase i have a number. */
export type Role =
  | 'weights'
  | 'teacher'
  | 'permutation'
  | 'train'
  | 'test'
  | 'ood'
  | 'original'
  | 'original-count'
  | 'original-teacher'
  | `images:${number}`
  | `predictor:${number}`;

/** sha256 of the content of each input that a cell's runs read, by its role; undefined where there is none. */
export type InputHashes = Readonly<Partial<Record<Role, string | undefined>>>;

/** What a cell's runs read: found, checked and hashed once, before anything runs. */
export interface CellInputs {
  readonly hashes: InputHashes;
  readonly files: Files;
  /** The run that `target.from` means. */
  readonly run: GivenRun | undefined;
  /** The cell's configuration with these paths. */
  readonly placed: Placed;
}
