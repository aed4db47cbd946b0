import type { Tensor } from '../graph/tensor.ts';
import { matchParameters, shortcutOf } from '../networks/keys.ts';
import type { Network } from '../networks/network.ts';
import { resnet } from '../networks/resnet.ts';
import type { Configuration } from '../spec/configuration.ts';
import { readCheckpoint } from '../weights/checkpoint.ts';
import { datasetClasses } from './images.ts';
import { weightsFile } from './locate.ts';

/** The network to be represented, with its weights. */
export interface Target {
  readonly network: Network;
  readonly weights: ReadonlyMap<string, Tensor>;
  /** Of the weights file, in hexadecimal. */
  readonly sha256: string;
}

const depths = { resnet8: 8, resnet20: 20, resnet56: 56 } as const;

/** Reads the target's weights and fits them to its network. Throws a Failure of kind 'checkpoint'. */
export async function loadTarget(configuration: Configuration, specFolder: string): Promise<Target> {
  const { network: name, shortcut, dataset } = configuration.target;
  const file = await weightsFile(configuration, specFolder);
  const { tensors, sha256 } = await readCheckpoint(file);
  const kind = shortcut === 'auto' ? shortcutOf(tensors) : shortcut;
  const network = resnet(depths[name], kind, datasetClasses[dataset]);
  return { network, weights: matchParameters(network, tensors, file), sha256 };
}
