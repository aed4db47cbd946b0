import { join } from 'node:path';
import type { Tensor } from '../graph/tensor.ts';
import { networkOf, type Task } from '../networks/build.ts';
import { catalogue } from '../networks/catalogue.ts';
import { matchParameters, shortcutOf } from '../networks/keys.ts';
import type { Network } from '../networks/network.ts';
import type { Configuration } from '../spec/configuration.ts';
import { readCheckpoint } from '../weights/checkpoint.ts';
import { taskOf } from './datasets.ts';
import { weightsFile } from './locate.ts';

/** A network with its weights. */
export interface LoadedNetwork {
  readonly network: Network;
  readonly weights: ReadonlyMap<string, Tensor>;
  /** All that its file holds, by the file's names; `weights` are some of these very tensors. Absent without a file. */
  readonly stored?: ReadonlyMap<string, Tensor>;
  /** Of the weights file, in hexadecimal. */
  readonly sha256: string;
}

/** The network to be represented. */
export type Target = LoadedNetwork;

/** What a spec says of a network: its architecture, and the file with its weights. */
export type NetworkSettings = Pick<Configuration['target'], 'network' | 'shortcut'>;

/** The file of a network that a stage left behind. */
export const networkFile = 'network.safetensors';

/** The same beside a predictor of it, in the folder of a run whose target is not the one of its spec. */
export const targetFile = 'target.safetensors';

/**
 * Reads the target's weights, from the object folder of the stage that made them where there is one, and fits them to its
 * network. Throws a Failure of kind 'checkpoint'.
 */
export async function loadTarget(
  configuration: Configuration,
  specFolder: string,
  made?: string,
): Promise<Target> {
  const { target } = configuration;
  const file =
    made === undefined
      ? await weightsFile(configuration, 'target.weights', target.weights, specFolder)
      : join(made, networkFile);
  return loadNetwork(target, file, await taskOf(configuration, specFolder));
}

/**
 * Any network that a spec can name, with the weights in `file` (`locateFile` finds it). Throws a Failure of kind
 * 'checkpoint' when they are not this network's; `setting` is where a spec names the network.
 */
export async function loadNetwork(
  { network: name, shortcut }: NetworkSettings,
  file: string,
  task: Task,
  setting = 'target',
): Promise<LoadedNetwork> {
  const { tensors, sha256 } = await readCheckpoint(file);
  const kind = shortcut === 'auto' ? shortcutOf(tensors) : shortcut;
  const network = networkOf({ name, layers: catalogue[name](kind) }, task);
  const weights = matchParameters(network, tensors, file, setting);
  return { network, weights, stored: tensors, sha256 };
}
