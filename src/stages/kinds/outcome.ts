import type { FileContent } from '../../files/object.ts';

/** What a stage leaves behind. */
export interface Outcome {
  /** What was found, as JSON. */
  readonly record: object;
  /** How it came about: recorded, but no part of what the stage determines. */
  readonly provenance?: object;
  readonly files?: ReadonlyMap<string, FileContent>;
}
