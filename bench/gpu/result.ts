import type { Device } from '../../src/graph/program.ts';
import type { Case } from './cases.ts';

/** What became of one measurement: its result, or in words why there is none. */
export type Outcome<Result> =
  | ({ readonly outcome: 'measured' } & Result)
  /** `absent`: this machine has no such engine. `left out`: not tried. */
  | { readonly outcome: 'absent' | 'failed' | 'left out'; readonly reason: string };

/** What computed, as it says itself. */
export interface Subject {
  readonly versions: Readonly<Record<string, string>>;
  readonly device: Device;
  readonly threads?: number;
  readonly imagesAtOnce?: number;
}

/** Processes that did the same at the same time. */
export interface Timing {
  readonly engine: Subject;
  /** Repeats per second, of all processes together. */
  readonly perSecond: number;
  /** Of one repeat. */
  readonly medianMilliseconds: number;
  readonly minimumMilliseconds: number;
  readonly repeats: number;
  /** From the start of the work to the end of the warm-up, of the slowest process. */
  readonly readySeconds: number;
  /** Of the largest process, at its peak. */
  readonly peakMiB: number;
  /** What the GPU had in use while they ran, all programs together; absent where nobody tells. */
  readonly gpuMemoryMiB?: number | undefined;
}

/** Relative differences to onnx:cpu after some full steps. */
export interface Parity {
  readonly engine: Subject;
  /** Layers of the CIFAR ResNet. */
  readonly depth: number;
  readonly images: number;
  readonly steps: number;
  /** The largest of any loss. */
  readonly losses: number;
  /** Of the parameters as a vector, relative to its length, and to that of its change since the start. */
  readonly parameters: number;
  readonly change: number;
}

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryMiB: number;
  readonly system: string;
  readonly gpus: readonly { readonly name: string; readonly driver: string; readonly memoryMiB: number }[];
}

/** Everything that one call measured: the content of its file. */
export interface GpuReport {
  readonly schemaVersion: 1;
  readonly date: string;
  /** That the whole call took. */
  readonly seconds: number;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  /** What `nern-sweep doctor --json` said of each engine. */
  readonly doctor: readonly ({ readonly name: string } & Outcome<{ readonly answer: unknown }>)[];
  readonly parity: readonly ({ readonly name: string } & Outcome<Parity>)[];
  readonly times: readonly TimingEntry[];
}

/** `name`: an engine of ours, or a configuration of PyTorch (`torch:eager`). */
export type TimingEntry = {
  readonly name: string;
  readonly case: Case;
  readonly processes: number;
} & Outcome<Timing>;
