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
 * Finds from a file's names whose they are: of the namings, with and without a prefix that most names share, the one by
 * which most are `wanted`. A name without that prefix is none of the network's.
 */
export function renamed(tensors: ReadonlyMap<string, Tensor>, wanted: ReadonlySet<string>): Renamed {
  const prefixes = sharedPrefixes([...tensors.keys()]);
  const candidates = Object.entries(namings).flatMap(([naming, rewriting]) =>
    prefixes.map(prefix => {
      const entries = [...tensors]
        .filter(([own]) => own.startsWith(prefix))
        .map(([own, tensor]) => [rewritten(own.slice(prefix.length), rewriting), { own, tensor }] as const);
      const found = entries.filter(([name]) => wanted.has(name)).length;
      return { naming, entries, found };
    }),
  );
  const best = candidates.reduce((a, b) => (b.found > a.found ? b : a));
  return { naming: best.naming, tensors: new Map(best.entries) };
}

/**
 * None, and the parts up to a dot that most names begin with (`model.` of a wrapper, then `model.backbone.`): a loss with a
 * weight of its own, or the counters of a profiler, may stand beside the network.
 */
function sharedPrefixes(names: readonly string[]): string[] {
  const prefixes = [''];
  for (;;) {
    const prefix = prefixes.at(-1)!;
    const counts = new Map<string, number>();
    for (const name of names.filter(name => name.startsWith(prefix))) {
      const dot = name.indexOf('.', prefix.length);
      const longer = name.slice(0, dot + 1);
      if (dot >= 0) counts.set(longer, (counts.get(longer) ?? 0) + 1);
    }
    const most = [...counts].find(([, count]) => 2 * count > names.length);
    if (most === undefined) return prefixes;
    prefixes.push(most[0]);
  }
}
