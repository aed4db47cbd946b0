import { type EngineName, engineNames, shortNames, usesCpu } from '../catalogue/engines.ts';

/** What is asked to compute: the fastest that proves right, or one engine, on all its devices or on one of them. */
export type DeviceAsk = 'auto' | { readonly engine: EngineName; readonly index?: number };

/** Every name that `--device` and a spec's `device` take. */
export const deviceNames: readonly string[] = ['auto', ...shortNames.keys(), ...engineNames];

/**
 * What a device's name asks for: one of `deviceNames`, that of a GPU's engine also with the number of one of its devices
 * (`cuda:1`, `onnx:webgpu:0`). Undefined when there is no such name.
 */
export function readDevice(text: string): DeviceAsk | undefined {
  if (text === 'auto') return 'auto';
  const [, name, index] = /^(.+?)(?::(\d{1,3}))?$/.exec(text) ?? [];
  const engine = shortNames.get(name ?? '') ?? engineNames.find(known => known === name);
  if (engine === undefined) return undefined;
  if (index === undefined) return { engine };
  return usesCpu(engine) ? undefined : { engine, index: Number(index) };
}
