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

/** What an engine computes on. */
export interface Device {
  /** As the driver or the system calls it. */
  readonly name: string;
  /** `software`: a GPU's interface, but computed by the CPU. */
  readonly kind: 'cpu' | 'gpu' | 'software';
  /** The driver and its version, where it tells. */
  readonly driver?: string | undefined;
  readonly memoryMiB?: number | undefined;
}

/** Something that computes tensor programs. */
export interface Engine {
  /** `onnx:cpu`, `tfjs:wasm`, ... */
  readonly name: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly threads: number;
  readonly device: Device;
  /** How many images it best takes through a network together, memory aside. */
  readonly imagesAtOnce: number;
  compile<Outputs extends string>(
    program: Program & { outputs: Record<Outputs, Value> },
  ): Promise<Executable<Outputs>>;
  /** Gives the device back; its executables are of no use afterwards. */
  dispose(): Promise<void>;
}
