import { availableParallelism } from 'node:os';
import { usualEngine } from '../catalogue/engines.ts';
import { type DeviceAsk, readDevice } from '../devices/ask.ts';
import { chooseDevices } from '../devices/choose.ts';
import { openEngine } from '../engine/open.ts';
import type { Engine } from '../graph/program.ts';

/** What is to predict: by default what did so before, with all cores. */
export interface EngineWish {
  readonly device?: DeviceAsk | undefined;
  readonly threads?: number | undefined;
}

/** Opens an engine for `use`, and gives it back. Throws a Failure of kind 'environment' when it cannot be used here. */
export async function withEngine<Result>(
  { device, threads = availableParallelism() }: EngineWish,
  before: string,
  use: (engine: Engine) => Promise<Result>,
): Promise<Result> {
  const ask = device ?? readDevice(before) ?? { engine: usualEngine };
  const { engine: name, devices } = await chooseDevices(ask, () => {});
  const engine = await openEngine({ name, threads, device: devices[0]! });
  return use(engine).finally(() => engine.dispose());
}
