/** What is known of an engine before anything of it is loaded. */
export interface EngineRecord {
  /** The library that computes. */
  readonly library: 'onnx' | 'tfjs';
  /** What it drives: the CPU, of which there is one, or GPUs through CUDA or WebGPU. */
  readonly drives: 'cpu' | 'cuda' | 'webgpu';
  /** What most people mean by it. */
  readonly shortName?: string;
}

/** Every engine by its name: the library that computes, and what it computes on. */
export const engines = {
  'onnx:cpu': { library: 'onnx', drives: 'cpu', shortName: 'cpu' },
  'onnx:webgpu': { library: 'onnx', drives: 'webgpu', shortName: 'webgpu' },
  'onnx:cuda': { library: 'onnx', drives: 'cuda', shortName: 'cuda' },
  'tfjs:node': { library: 'tfjs', drives: 'cpu' },
  'tfjs:node-gpu': { library: 'tfjs', drives: 'cuda' },
  'tfjs:webgpu': { library: 'tfjs', drives: 'webgpu' },
  'tfjs:wasm': { library: 'tfjs', drives: 'cpu' },
  'tfjs:cpu': { library: 'tfjs', drives: 'cpu' },
} as const satisfies Record<string, EngineRecord>;

export type EngineName = keyof typeof engines;

export const engineNames = Object.keys(engines) as EngineName[];

/** The engine that is always there, against which others are measured. */
export const usualEngine: EngineName = 'onnx:cpu';

export const usesCpu = (name: EngineName) => engines[name].drives === 'cpu';
export const usesCuda = (name: EngineName) => engines[name].drives === 'cuda';

/** The engines that drive this, in the order of their records. */
export const enginesThatDrive = (what: EngineRecord['drives']) =>
  engineNames.filter(name => engines[name].drives === what);

/** Short name -> engine. */
export const shortNames: ReadonlyMap<string, EngineName> = new Map(
  engineNames.flatMap(name => {
    const { shortName }: EngineRecord = engines[name];
    return shortName === undefined ? [] : [[shortName, name]];
  }),
);
