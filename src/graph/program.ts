import type { Tensor } from './tensor.ts';
import type { Value } from './value.ts';

/** What an engine compiles: named results of named inputs (the `input` values that the results need). */
export interface Program {
  readonly name: string;
  readonly outputs: Readonly<Record<string, Value>>;
}

/** A tensor of integers, for row indices. */
export interface IntegerTensor {
  readonly shape: readonly number[];
  readonly data: Int32Array;
}

/** Data by input or output name. */
export type Feeds = Readonly<Record<string, Tensor | IntegerTensor>>;

export interface Executable<Outputs extends string = string> {
  /**
   * One native call. Outputs that `into` has are written there (it must not overlap the feeds), the others to fresh
   * memory. Fails with a Failure of kind 'engine' or 'out-of-memory'.
   */
  run(feeds: Feeds, into?: Partial<Record<Outputs, Tensor>>): Promise<Record<Outputs, Tensor>>;
  dispose(): Promise<void>;
}

/** Something that computes tensor programs. */
export interface Engine {
  readonly name: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly threads: number;
  compile<Outputs extends string>(
    program: Program & { outputs: Record<Outputs, Value> },
  ): Promise<Executable<Outputs>>;
}
