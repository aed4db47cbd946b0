/** Every engine by its name: the library that computes, and what it computes on. */
export const engineNames = [
  'onnx:cpu',
  'onnx:webgpu',
  'onnx:cuda',
  'tfjs:node',
  'tfjs:node-gpu',
  'tfjs:webgpu',
  'tfjs:wasm',
  'tfjs:cpu',
] as const;

export type EngineName = (typeof engineNames)[number];
