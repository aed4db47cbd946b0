import { Failure } from '../failure.ts';
import type { Tensor } from '../graph/tensor.ts';
import { type Network, parameterShapes } from './network.ts';

/**
 * Other names that public checkpoints use for a parameter: torchvision and chenyaofo call the shortcut's layers
 * `downsample` and the classifier `fc`.
 */
const aliases: readonly (readonly [RegExp, string])[] = [
  [/^module\./, ''],
  [/\.downsample\./, '.shortcut.'],
  [/^fc\./, 'linear.'],
];

/** Counts how often a norm was updated in training; inference has no use for it. */
const ignored = /\.num_batches_tracked$/;

const canonicalName = (name: string) =>
  aliases.reduce((renamed, [pattern, replacement]) => renamed.replace(pattern, replacement), name);

/** A few names, and how many more. */
const listed = (names: readonly string[]) =>
  names.slice(0, 3).join(', ') + (names.length > 3 ? ` and ${names.length - 3} more` : '');

/**
 * The checkpoint's tensors under the network's parameter names. Fails with a Failure of kind 'checkpoint' that says
 * what is missing, left over, of another shape, or no finite number; `setting` is where a spec names the network.
 */
export function matchParameters(
  network: Network,
  tensors: ReadonlyMap<string, Tensor>,
  file: string,
  setting = 'target',
): Map<string, Tensor> {
  const given = new Map([...tensors].map(([name, tensor]) => [canonicalName(name), tensor]));
  const shapes = parameterShapes(network);
  const missing = [...shapes.keys()].filter(name => !given.has(name));
  const left = [...given.keys()].filter(name => !shapes.has(name) && !ignored.test(name));
  if (missing.length > 0 || left.length > 0) throw mismatch(network, file, missing, left, setting);
  for (const [name, shape] of shapes) {
    const found = given.get(name)!.shape;
    if (found.join() !== shape.join()) {
      throw new Failure(
        'checkpoint',
        `${file}: expected \`${name}\` of ${network.name} to have shape [${shape.join(', ')}], got [${found.join(', ')}]`,
        name.startsWith('linear.')
          ? 'Does the checkpoint belong to a data set with another number of classes?'
          : undefined,
      );
    }
  }
  const weights = new Map([...shapes.keys()].map(name => [name, given.get(name)!]));
  for (const [name, { data }] of weights) {
    const strange = data.find(value => !Number.isFinite(value));
    if (strange !== undefined) throw notFinite(network, file, name, strange);
  }
  return weights;
}

function notFinite(network: Network, file: string, name: string, value: number): Failure {
  return new Failure(
    'checkpoint',
    `${file}: expected \`${name}\` of ${network.name} to hold finite numbers, got \`${value}\``,
    'The network was saved after its training had failed, or the file is damaged: use another one.',
  );
}

function mismatch(
  network: Network,
  file: string,
  missing: readonly string[],
  left: readonly string[],
  setting: string,
): Failure {
  const parts = [
    ...(missing.length > 0 ? [`lacks ${listed(missing)}`] : []),
    ...(left.length > 0 ? [`has ${listed(left)} besides`] : []),
  ];
  return new Failure(
    'checkpoint',
    `${file}: expected the parameters of ${network.name}, but the file ${parts.join(' and ')}`,
    shortcutHint(missing, left, setting) ??
      `Does \`${setting}.network\` name the network that this file holds?`,
  );
}

function shortcutHint(
  missing: readonly string[],
  left: readonly string[],
  setting: string,
): string | undefined {
  const ofShortcut = (names: readonly string[]) =>
    names.length > 0 && names.every(name => name.includes('.shortcut.'));
  if (ofShortcut(missing) && left.length === 0)
    return `The file has identity shortcuts: set \`${setting}.shortcut: A\`.`;
  if (ofShortcut(left) && missing.length === 0)
    return `The file has convolutional shortcuts: set \`${setting}.shortcut: B\`.`;
  return undefined;
}

/** Which shortcut the checkpoint's ResNet has: B when there are convolutions on the identity path. */
export function shortcutOf(tensors: ReadonlyMap<string, Tensor>): 'A' | 'B' {
  return [...tensors.keys()].some(name => canonicalName(name).includes('.shortcut.')) ? 'B' : 'A';
}
