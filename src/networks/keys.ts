import { Failure } from '../failure.ts';
import type { Tensor } from '../graph/tensor.ts';
import { networkOf } from './build.ts';
import { catalogue, type NetworkName } from './catalogue.ts';
import { commonName, renamed } from './naming.ts';
import { type Network, parameterShapes } from './network.ts';
import type { Shortcut } from './resnet.ts';

/**
 * What inference has no use for: how often a norm was updated in training, and what a profiler (thop) counted in each layer.
 */
const ignored = /(^|\.)(num_batches_tracked|total_ops|total_params)$/;

/** What of a checkpoint does not fit a network. */
interface Mismatch {
  /** Parameters of the network that the file lacks, by the network's names. */
  readonly missing: readonly string[];
  /** What the file has besides, by its own names. */
  readonly unexpected: readonly string[];
  readonly misshapen: readonly {
    readonly name: string;
    readonly expected: readonly number[];
    readonly found: readonly number[];
  }[];
}

interface Match extends Mismatch {
  readonly naming: string;
  readonly weights: ReadonlyMap<string, Tensor>;
}

function match(network: Network, tensors: ReadonlyMap<string, Tensor>): Match {
  const shapes = parameterShapes(network);
  const wanted = new Map([...shapes.keys()].map(name => [commonName(name), name]));
  const { naming, tensors: given } = renamed(tensors, new Set(wanted.keys()));
  const weights = new Map<string, Tensor>();
  for (const [common, name] of wanted) {
    const found = given.get(common);
    if (found) weights.set(name, found.tensor);
  }
  const taken = new Set([...wanted.keys()].flatMap(common => given.get(common)?.own ?? []));
  return {
    naming,
    weights,
    missing: [...shapes.keys()].filter(name => !weights.has(name)),
    unexpected: [...tensors.keys()].filter(own => !taken.has(own) && !ignored.test(own)),
    misshapen: [...weights].flatMap(([name, { shape: found }]) => {
      const expected = shapes.get(name)!;
      return found.join() === expected.join() ? [] : [{ name, expected, found }];
    }),
  };
}

/** Whose names the checkpoint's are, of the namings that are known (naming.ts). */
export const namingOf = (network: Network, tensors: ReadonlyMap<string, Tensor>): string =>
  match(network, tensors).naming;

/**
 * The checkpoint's tensors under the network's parameter names, whatever naming of those that are known the file has.
 * Throws a Failure of kind 'checkpoint' that says what is missing, left over, of another shape, or no finite number, and
 * whose details list it all; `setting` is where a spec names the network.
 */
export function matchParameters(
  network: Network,
  tensors: ReadonlyMap<string, Tensor>,
  file: string,
  setting = 'target',
): Map<string, Tensor> {
  const { naming, weights, ...mismatch } = match(network, tensors);
  const { missing, unexpected, misshapen } = mismatch;
  if (missing.length + unexpected.length + misshapen.length > 0)
    throw new Failure(
      'checkpoint',
      `${file}: expected ${told(network, mismatch)}`,
      hint(network, tensors, mismatch, setting),
      { naming, ...mismatch },
    );
  for (const [name, { data }] of weights) {
    if (!isAllFinite(data))
      throw notFinite(network, file, name, data.find(value => !Number.isFinite(value))!);
  }
  return new Map([...parameterShapes(network).keys()].map(name => [name, weights.get(name)!]));
}

/** Zero times what is no finite number is none either: one sum in place of a question for each of a hundred million. */
function isAllFinite(data: Float32Array): boolean {
  let nothing = 0;
  for (let i = 0; i < data.length; i++) nothing += data[i]! * 0;
  return nothing === 0;
}

/** A few of many, and how many more. */
const listed = (all: readonly string[]) =>
  all.slice(0, 3).join(', ') + (all.length > 3 ? ` and ${all.length - 3} more` : '');

function told(network: Network, { missing, unexpected, misshapen }: Mismatch): string {
  const shapes = misshapen.map(
    ({ name, expected, found }) =>
      `\`${name}\` of ${network.name} to have shape [${expected.join(', ')}], got [${found.join(', ')}]`,
  );
  const ofShapes = shapes[0]! + (shapes.length > 1 ? `, and ${shapes.length - 1} more of another shape` : '');
  if (missing.length + unexpected.length === 0) return ofShapes;
  const parts = [
    ...(missing.length > 0 ? [`lacks ${listed(missing)}`] : []),
    ...(unexpected.length > 0 ? [`has ${listed(unexpected)} besides`] : []),
  ];
  const rest = shapes.length > 0 ? `; and ${ofShapes}` : '';
  return `the parameters of ${network.name}, but the file ${parts.join(' and ')}${rest}`;
}

function hint(
  network: Network,
  tensors: ReadonlyMap<string, Tensor>,
  { missing, unexpected, misshapen }: Mismatch,
  setting: string,
): string {
  const ofIdentity = (names: readonly string[]) =>
    names.length > 0 && names.every(name => commonName(name).includes('.shortcut.'));
  if (ofIdentity(missing) && unexpected.length + misshapen.length === 0)
    return `The file has identity shortcuts: set \`${setting}.shortcut: A\`.`;
  if (ofIdentity(unexpected) && missing.length + misshapen.length === 0)
    return `The file has convolutional shortcuts: set \`${setting}.shortcut: B\`.`;
  const known = recognised(tensors);
  if (known !== undefined && known !== network.name)
    return `The file holds a ${known}: set \`${setting}.network: ${known}\`.`;
  if (missing.length + unexpected.length === 0 && isOnlyHead(network, misshapen))
    return 'Does the checkpoint belong to a data set with another number of classes?';
  if (missing.length + misshapen.length === 0)
    return `If the network does without, leave it out: \`${setting}.rename: [{ from: '^${escaped(unexpected[0]!)}' }]\`.`;
  const asked = `Does \`${setting}.network\` name the network that this file holds?`;
  const maker = makers.find(({ sign }) => unexpected.some(name => sign.test(name)));
  return maker === undefined
    ? `${asked} Names of another kind can be changed by \`${setting}.rename\`, other layers listed in a file (docs/networks.md).`
    : `The names are those of ${maker.name}: change them by \`${setting}.rename\`, or list the layers in a file (docs/networks.md).`;
}

const escaped = (name: string) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Whose names are known but not read: their networks have layers in another order, or strides that no name tells. */
const makers = [
  { name: 'pytorchcv', sign: /^(module\.)?features\.(init_block|stage\d+\.unit\d+)\./ },
  { name: "RepDistiller's wide networks", sign: /(^|\.)block\d\.layer\.\d+\./ },
  { name: "RepDistiller's plain networks", sign: /(^|\.)block\d\.\d+\.(weight|bias|running_mean)$/ },
];

const isOnlyHead = ({ classes }: Network, misshapen: Mismatch['misshapen']) =>
  misshapen.every(({ expected, found }) => expected[0] === classes && found[0] !== classes);

/** The named network whose parameters these are, but for the number of classes. */
function recognised(tensors: ReadonlyMap<string, Tensor>): NetworkName | undefined {
  const kind = shortcutOf(tensors);
  return (Object.keys(catalogue) as NetworkName[]).find(name => {
    const network = networkOf({ name, layers: catalogue[name](kind) }, { classes: 1, input: [3, 64, 64] });
    const { missing, unexpected, misshapen } = match(network, tensors);
    return missing.length + unexpected.length === 0 && isOnlyHead(network, misshapen);
  });
}

function notFinite(network: Network, file: string, name: string, value: number): Failure {
  return new Failure(
    'checkpoint',
    `${file}: expected \`${name}\` of ${network.name} to hold finite numbers, got \`${value}\``,
    'The network was saved after its training had failed, or the file is damaged: use another one.',
  );
}

/** Which shortcut the checkpoint's ResNet has: B when there are convolutions on the identity path. */
export function shortcutOf(tensors: ReadonlyMap<string, Tensor>): Shortcut {
  return [...tensors.keys()].some(name => commonName(name).includes('.shortcut.')) ? 'B' : 'A';
}
