// The table of docs/method/permutations.md that tells what permutations take on disk; test/nern/ordering/overhead.test.ts
// compares the two, `npx tsx tools/permutation-overhead.ts` prints it.
import { pathToFileURL } from 'node:url';
import { packedBytes } from '../src/nern/ordering/packed-permutation.ts';
import { overheadBits, type PermutationMode } from '../src/nern/ordering/permutation.ts';
import { networkOf } from '../src/networks/build.ts';
import { catalogue } from '../src/networks/catalogue.ts';
import { learnableConvolutions, learnableParameters, type Network } from '../src/networks/network.ts';

/** The networks of the papers. */
const networks = [
  ['ResNet20, shortcut A', cifar(catalogue.resnet20('A'))],
  ['ResNet20, shortcut B', cifar(catalogue.resnet20('B'))],
  ['ResNet56, shortcut A', cifar(catalogue.resnet56('A'))],
  ['ResNet56, shortcut B', cifar(catalogue.resnet56('B'))],
  [
    'ResNet18',
    networkOf({ name: 'resnet18', layers: catalogue.resnet18() }, { classes: 1000, input: [3, 224, 224] }),
  ],
] as const;

function cifar(layers: ReturnType<(typeof catalogue)['resnet20']>): Network {
  return networkOf({ name: 'resnet', layers }, { classes: 10, input: [3, 32, 32] });
}

const whole = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 0 });

function cells(network: Network, mode: PermutationMode): string[] {
  const layers = learnableConvolutions(network);
  const bits = overheadBits(layers, mode);
  const bytes = layers.reduce((sum, layer) => sum + packedBytes(layer, mode), 0);
  const share = (100 * bits) / (32 * learnableParameters(network));
  return [whole(bits), whole(bytes), `${share.toFixed(2)} %`];
}

/** One line for each network: its convolutions in float32, and bits, bytes on disk and share of either permutation. */
export function overheadTable(): string {
  const head = ['network', 'convolutions, MiB'];
  const heads = ['in-filter', 'cross-filter'].flatMap(mode => [`${mode}, bits`, 'bytes', 'share']);
  const lines = networks.map(([name, network]) => {
    const mebibytes = ((4 * learnableParameters(network)) / 2 ** 20).toFixed(2);
    return [name, mebibytes, ...cells(network, 'in-filter'), ...cells(network, 'cross-filter')];
  });
  const all = [[...head, ...heads], ['---', ...Array(head.length + heads.length - 1).fill('--:')], ...lines];
  return all.map(line => `| ${line.join(' | ')} |\n`).join('');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.stdout.write(overheadTable());
