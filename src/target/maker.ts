import { namingOf } from '../networks/keys.ts';
import type { Configuration } from '../spec/configuration.ts';
import type { LoadedNetwork } from './target.ts';

/** Who trained a network, and on images normalised in which way. */
export interface Maker {
  readonly name: string;
  readonly normalize: Exclude<Configuration['data']['normalize'], 'auto'>;
}

const cifarResnet = /^resnet(8|20|32|44|56|110)$/;
const ofSmallImages = /^resnet(18|34|50)-cifar$/;
const ofImagenet = /^(resnet(18|34|50)|squeezenet1_[01])$/;

/** What their training programs say; a network and a naming that two of them share is told by its data set. */
const makers: readonly (Maker & {
  readonly network: RegExp;
  readonly naming: string;
  readonly dataset: Configuration['target']['dataset'];
})[] = [
  { name: 'akamaster', network: cifarResnet, naming: 'akamaster', dataset: 'cifar10', normalize: 'imagenet' },
  {
    name: 'chenyaofo',
    network: cifarResnet,
    naming: 'torchvision',
    dataset: 'cifar10',
    normalize: 'cifar10',
  },
  {
    name: 'chenyaofo',
    network: cifarResnet,
    naming: 'torchvision',
    dataset: 'cifar100',
    normalize: 'cifar100',
  },
  { name: 'kuangliu', network: ofSmallImages, naming: 'akamaster', dataset: 'cifar10', normalize: 'cifar10' },
  {
    name: 'RepDistiller',
    network: ofSmallImages,
    naming: 'akamaster',
    dataset: 'cifar100',
    normalize: 'cifar100',
  },
  {
    name: 'weiaicunzai',
    network: ofSmallImages,
    naming: 'weiaicunzai',
    dataset: 'cifar100',
    normalize: 'cifar100',
  },
  {
    ...{ name: 'huyvnphan', network: ofSmallImages, naming: 'torchvision', dataset: 'cifar10' },
    normalize: { mean: [0.4914, 0.4822, 0.4465], std: [0.2471, 0.2435, 0.2616] },
  },
  {
    name: 'torchvision',
    network: ofImagenet,
    naming: 'torchvision',
    dataset: 'imagenet',
    normalize: 'imagenet',
  },
];

/** Who made the network of a checkpoint, if the names of its tensors, its architecture and its data set tell. */
export function makerOf(
  { network, named }: Pick<LoadedNetwork, 'network' | 'named'>,
  { target: { dataset } }: Pick<Configuration, 'target'>,
): Maker | undefined {
  if (named === undefined) return undefined;
  const naming = namingOf(network, named);
  return makers.find(
    maker => maker.network.test(network.name) && maker.naming === naming && maker.dataset === dataset,
  );
}
