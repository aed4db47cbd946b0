import type { Tensor } from '../graph/tensor.ts';

/** What a naming's names are rewritten by, one after the other, to those that all namings have in common. */
type Rewriting = readonly (readonly [RegExp, string | ((...parts: string[]) => string)])[];

const counted = (word: string) => (_: string, count: string) => `.${word}${Number(count) + 1}.`;

/**
 * How public checkpoints call a ResNet's parameters. The common names are akamaster's: `layer1.0.conv1`, `bn1`,
 * `shortcut.0`, `linear`. SqueezeNet has one naming, torchvision's.
 */
const namings: Readonly<Record<string, Rewriting>> = {
  akamaster: [],
  // And timm's and chenyaofo's.
  torchvision: [
    [/\.downsample\./, '.shortcut.'],
    [/^fc\./, 'linear.'],
  ],
  weiaicunzai: [
    [/^conv1\.0\./, 'conv1.'],
    [/^conv1\.1\./, 'bn1.'],
    [/^conv(\d)_x\./, (_, stage) => `layer${Number(stage) - 1}.`],
    [/\.residual_function\.([0369])\./, (_, place) => `.conv${Number(place) / 3 + 1}.`],
    [/\.residual_function\.([147])\./, (_, place) => `.bn${(Number(place) - 1) / 3 + 1}.`],
    [/^fc\./, 'linear.'],
  ],
  transformers: [
    [/^resnet\.embedder\.embedder\.convolution\./, 'conv1.'],
    [/^resnet\.embedder\.embedder\.normalization\./, 'bn1.'],
    [/^resnet\.encoder\.stages\.(\d)\.layers\./, (_, stage) => `layer${Number(stage) + 1}.`],
    [/\.layer\.(\d)\.convolution\./, counted('conv')],
    [/\.layer\.(\d)\.normalization\./, counted('bn')],
    [/\.shortcut\.convolution\./, '.shortcut.0.'],
    [/\.shortcut\.normalization\./, '.shortcut.1.'],
    [/^classifier\.1\./, 'linear.'],
  ],
};

const rewritten = (name: string, rewriting: Rewriting) =>
  rewriting.reduce((so, [pattern, by]) => so.replace(pattern, by as string), name);

/** A network's own name under the common names; it is akamaster's or torchvision's. */
export const commonName = (name: string) => rewritten(name, namings.torchvision!);

/** A file's tensors by common name, and what the file itself calls them. */
export interface Renamed {
  readonly naming: string;
  readonly tensors: ReadonlyMap<string, { readonly own: string; readonly tensor: Tensor }>;
}

/**
 * Finds from a file's names whose they are: of the namings, with and without a prefix that all names share, the one by
 * which most are `wanted`.
 */
export function renamed(tensors: ReadonlyMap<string, Tensor>, wanted: ReadonlySet<string>): Renamed {
  const prefix = sharedPrefix([...tensors.keys()]);
  const candidates = Object.entries(namings).flatMap(([naming, rewriting]) =>
    [...new Set(['', prefix])].map(prefix => {
      const entries = [...tensors].map(
        ([own, tensor]) => [rewritten(own.slice(prefix.length), rewriting), { own, tensor }] as const,
      );
      const found = entries.filter(([name]) => wanted.has(name)).length;
      return { naming, entries, found };
    }),
  );
  const best = candidates.reduce((a, b) => (b.found > a.found ? b : a));
  return { naming: best.naming, tensors: new Map(best.entries) };
}

/** The parts up to a dot that all names begin with (`model.` of a wrapper). */
function sharedPrefix(names: readonly string[]): string {
  const [first = ''] = names;
  const parts = first.split('.');
  let prefix = '';
  for (const part of parts.slice(0, -1)) {
    const longer = `${prefix}${part}.`;
    if (!names.every(name => name.startsWith(longer))) break;
    prefix = longer;
  }
  return prefix;
}
