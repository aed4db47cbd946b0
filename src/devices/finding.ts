import type { EngineName } from '../catalogue/engines.ts';
import type { Device } from '../graph/program.ts';

/**
 * What a probe found out. `passed`: it computes the known values; `wrong`: it computes, but other ones; `absent`: the
 * library or the device is not there; `broken`: it is there, but crashes, hangs or refuses; `software`: a GPU's
 * interface computed by the CPU, which `auto` never takes and which was not tested any further.
 */
export type Verdict = 'passed' | 'wrong' | 'absent' | 'broken' | 'software';

/** One engine on one device. */
export interface Finding {
  readonly engine: EngineName;
  /** The number of the device among those the engine could use. */
  readonly index: number;
  readonly verdict: Verdict;
  /** Why it did not pass, and what to do about it. */
  readonly reason?: string;
  readonly hint?: string;
  readonly device?: Device;
  readonly versions?: Readonly<Record<string, string>>;
  readonly threads?: number;
  readonly imagesAtOnce?: number;
  /** The largest relative error of the self-test, and what was allowed. */
  readonly selfTestError?: number;
  readonly tolerance?: number;
  /** Median time of a training step of ResNet20 with 32 images. */
  readonly stepMilliseconds?: number;
}
