import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Placed, present } from '../contract/placed.ts';
import { Failure } from '../failure.ts';
import type { Tensor } from '../graph/tensor.ts';
import { taskOf } from '../images/datasets.ts';
import { pruneTogether } from '../measures/prune.ts';
import { networkOf, type Task } from '../networks/build.ts';
import { catalogue } from '../networks/catalogue.ts';
import { parameter } from '../networks/forward.ts';
import { matchParameters, shortcutOf } from '../networks/keys.ts';
import { learnableConvolutions, type Network } from '../networks/network.ts';
import { renameTensors } from '../networks/rename.ts';
import type { Configuration } from '../spec/configuration.ts';
import { readCheckpoint } from '../weights/checkpoint.ts';
import { isOnnx, readNetworkFile, readOnnxWeights } from './network-file.ts';

/** A network with its weights. */
export interface LoadedNetwork {
  readonly network: Network;
  readonly weights: ReadonlyMap<string, Tensor>;
  /** All that its file holds, by the file's names; `weights` are some of these very tensors. Absent without a file. */
  readonly stored?: ReadonlyMap<string, Tensor>;
  /** The same under the names that the spec gives them; absent where the network has no name of its own. */
  readonly named?: ReadonlyMap<string, Tensor>;
  /** Of the weights file, and of the network's where it has one, in hexadecimal. */
  readonly sha256: string;
}

/** The network to be represented. */
export type Target = LoadedNetwork;

/** What a spec says of a network: its architecture, and the file with its weights. */
export type NetworkSettings = Pick<
  Configuration['target'],
  'network' | 'shortcut' | 'weights' | 'key' | 'rename'
>;

/** The weights that come with the package: resnet8 trained on the built-in image set. */
export const embeddedWeights = fileURLToPath(
  new URL('../../assets/resnet8-procedural.safetensors', import.meta.url),
);

/** Where a spec names a network. */
export type Setting = 'target' | 'teacher' | 'target.train.teacher';

/** The file of a network that a stage left behind. */
export const networkFile = 'network.safetensors';

/** The same beside a predictor of it, in the folder of a run whose target is not the one of its spec. */
export const targetFile = 'target.safetensors';

/** Whether a stage makes the target's weights; else a file has them. */
export const isMade = ({ target: { train, from } }: Configuration): boolean =>
  train !== undefined || from !== undefined;

/**
 * Reads the target's weights, from the object folder of the stage that made them where there is one, and fits them to its
 * network. Throws a Failure of kind 'checkpoint' or 'spec', also where a stage makes them and its folder is not given.
 */
export async function loadTarget(configuration: Placed, made?: string): Promise<Target> {
  const { target } = configuration;
  if (made !== undefined) {
    const weights = join(made, networkFile);
    const { network, shortcut } = target;
    return loadNetwork({ network, shortcut, weights }, configuration, 'target');
  }
  if (isMade(configuration)) {
    throw new Failure(
      'checkpoint',
      `Expected the weights that \`target.${target.train ? 'train' : 'from'}\` makes, found none`,
      'They are in the folder of a run, as target.safetensors: run its sweep again.',
    );
  }
  return pruned(await loadNetwork(target, configuration, 'target'), target.prune);
}

/**
 * A network without the smallest of the weights of its learnable convolutions, a share `fraction` of all together; what is
 * known of its file is changed alike.
 */
export function pruned<Loaded extends Pick<Target, 'network' | 'weights' | 'stored'>>(
  loaded: Loaded,
  fraction: number,
): Loaded {
  if (fraction === 0) return loaded;
  const names = learnableConvolutions(loaded.network).map(({ weight }) => weight);
  const layers = names.map(name => parameter(loaded.weights, name));
  const kept = pruneTogether(
    layers.map(({ data }) => data),
    fraction,
  );
  const changed = new Map(layers.map((layer, i) => [layer, { shape: layer.shape, data: kept[i]! }]));
  const without = (tensors: ReadonlyMap<string, Tensor>) =>
    new Map([...tensors].map(([name, tensor]) => [name, changed.get(tensor) ?? tensor]));
  const { weights, stored } = loaded;
  return { ...loaded, weights: without(weights), ...(stored && { stored: without(stored) }) };
}

/** What a network is without its weights, and the hash of what tells it. */
export type Architecture = Pick<LoadedNetwork, 'network' | 'sha256'>;

/**
 * The target's network, also before its weights are made: of one that is trained from scratch as it is named or described,
 * of that of another sweep's run as that run's, else as its weights tell. Throws a Failure of kind 'checkpoint' or 'spec'.
 */
export async function architectureOf(configuration: Placed): Promise<Architecture> {
  const { target, run } = configuration;
  if (target.train !== undefined) return architectureByName(configuration);
  if (target.from !== undefined) return architectureOf(run!.configuration);
  const { network, sha256 } = await loadTarget(configuration);
  return { network, sha256 };
}

/**
 * The network that the target's settings name or describe, whatever its weights. Where it may have either shortcut it has
 * that of both papers. Throws a Failure of kind 'checkpoint' or 'spec'.
 */
export async function architectureByName(configuration: Placed): Promise<Architecture> {
  const { network: named, shortcut } = configuration.target;
  const task = await taskOf(configuration);
  if (typeof named !== 'string') {
    const { network, sha256 } = await describedIn(named.file, 'target', task);
    return { network, sha256 };
  }
  const layers = catalogue[named](shortcut === 'auto' ? 'B' : shortcut);
  return { network: networkOf({ name: named, layers }, task), sha256: 'by name' };
}

/**
 * Any network that a spec can name or that a file describes, for the configuration's data set, with its weights.
 * `setting` is where the spec names it. Throws a Failure of kind 'checkpoint' when the weights are not this network's,
 * and of kind 'spec' when the network is none for the data set.
 */
export async function loadNetwork(
  settings: NetworkSettings,
  configuration: Placed,
  setting: Setting,
): Promise<LoadedNetwork> {
  const { network: named, shortcut } = settings;
  const task = await taskOf(configuration);
  if (typeof named !== 'string') return loadFromFile(named.file, settings, setting, task);
  const { path, stored, tensors, sha256 } = await namedTensorsOf(settings, setting);
  const kind = shortcut === 'auto' ? shortcutOf(tensors) : shortcut;
  const network = networkOf({ name: named, layers: catalogue[named](kind) }, task);
  const weights = matchParameters(network, tensors, path, setting);
  return { network, weights, stored, named: tensors, sha256 };
}

async function loadFromFile(
  file: string,
  settings: NetworkSettings,
  setting: Setting,
  task: Task,
): Promise<LoadedNetwork> {
  const { network, tensors, sha256 } = await describedIn(file, setting, task);
  if (settings.weights === 'embedded' && tensors)
    return { network, weights: matchParameters(network, tensors, file, setting), stored: tensors, sha256 };
  const checkpoint = await namedTensorsOf(settings, setting);
  const weights = matchParameters(network, checkpoint.tensors, checkpoint.path, setting);
  const both = createHash('sha256').update(sha256).update(checkpoint.sha256).digest('hex');
  return { network, weights, stored: checkpoint.stored, sha256: both };
}

/** The tensors of a weights file under its own names (`stored`), and under those that the spec gives them. */
async function namedTensorsOf({ weights, key, rename = [] }: NetworkSettings, setting: Setting) {
  const path = weights === 'embedded' ? embeddedWeights : await present(weights, `${setting}.weights`);
  const { tensors: stored, sha256 } = await (isOnnx(path)
    ? readOnnxWeights(path)
    : readCheckpoint(path, key));
  return { path, stored, tensors: renameTensors(stored, rename, path, setting), sha256 };
}

/** What a file that describes a network holds. */
async function describedIn(file: string, setting: Setting, task: Task) {
  const place = `${setting}.network.file`;
  return present(file, place)
    .then(path => readNetworkFile(path, task))
    .catch(error => {
      throw withSetting(error, place);
    });
}

/** A failure that is told at the setting which names the file. */
function withSetting(error: unknown, setting: string): unknown {
  if (!(error instanceof Failure)) return error;
  return new Failure(error.kind, error.message, error.hint, { ...error.details, setting });
}

/** The name that a parameter of the network has in its file. */
export function storedName(
  { weights, stored = weights, network }: Pick<LoadedNetwork, 'weights' | 'stored' | 'network'>,
  name: string,
): string {
  const tensor = parameter(weights, name);
  const found = [...stored].find(([, other]) => other === tensor);
  if (found === undefined) throw new Error(`Expected ${name} of ${network.name} to be a tensor of its file`);
  return found[0];
}
