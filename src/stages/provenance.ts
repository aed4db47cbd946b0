import type { StageProvenance } from '../contract/result.ts';
import type { Engine } from '../graph/program.ts';
import type { Kept } from '../training/resumable.ts';

/** How work by steps came about that began at `startedAt`, in this process or, with what was saved, in an earlier one. */
export function provenanceOf(
  { name, versions, threads, device }: Engine,
  { engines, seconds, stepMilliseconds }: Kept<unknown> & { readonly stepMilliseconds: number },
  imagesAtOnce: number,
  startedAt: Date,
): StageProvenance {
  return {
    ...{ engine: name, engines, versions, threads, device, imagesAtOnce, seconds, stepMilliseconds },
    startedAt: startedAt.toISOString(),
    ...{ node: process.version, platform: `${process.platform}-${process.arch}` },
  };
}
