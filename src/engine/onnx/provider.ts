import type { InferenceSession } from 'onnxruntime-node';
import type { EngineName } from '../../catalogue/engines.ts';
import type { Device } from '../../graph/program.ts';
import type { Dialect } from './dialect.ts';

/** What of ONNX Runtime computes, and on what. */
export interface Provider {
  readonly name: EngineName;
  readonly device: Device;
  readonly threads: number;
  readonly imagesAtOnce: number;
  readonly dialect: () => Promise<Dialect>;
  /** What its sessions are created with besides what all have. */
  readonly options: InferenceSession.SessionOptions;
}
