import type { Configuration } from './configuration.ts';
import { phasesOf } from './phases.ts';
import { problem } from './problem.ts';
import { quote } from './text.ts';
import type { Problem } from './validate.ts';

export function embeddedWeights({ target }: Configuration): Problem[] {
  const isGiven = target.from === undefined && target.train === undefined;
  return isGiven ? withoutWeights('target', target, target.dataset) : [];
}

export function oneOrigin({ target }: Configuration): Problem[] {
  if (target.from === undefined || (target.weights === 'embedded' && target.train === undefined)) return [];
  return problem(
    '/target/from',
    'Expected one of `target.weights`, `target.train` and `target.from`, got two',
    'a target is read from a file, trained, or taken from a sweep',
  );
}

export function teachersWeights({ teacher, target }: Configuration): Problem[] {
  const { train } = target;
  return [
    ...(teacher === 'none' ? [] : withoutWeights('teacher', teacher, target.dataset)),
    ...(train === undefined || train.teacher === 'none'
      ? []
      : withoutWeights('target.train.teacher', train.teacher, target.dataset)),
  ];
}

function withoutWeights(
  path: string,
  { network, weights }: Pick<Configuration['target'], 'network' | 'weights'>,
  dataset: Configuration['target']['dataset'],
): Problem[] {
  const holdsThem = typeof network === 'string' ? network === 'resnet8' : network.file.endsWith('.onnx');
  const isOwn = dataset === 'procedural' || typeof network !== 'string';
  if (weights !== 'embedded' || (holdsThem && isOwn)) return [];
  return problem(
    `/${path.replaceAll('.', '/')}/weights`,
    `Expected \`${path}.weights\` to be a checkpoint file for ${toldOf(network)} on ${dataset}, got \`embedded\``,
    'only `resnet8` on `procedural` and ONNX files have embedded weights',
  );
}

type Named = Pick<Configuration['target'], 'network' | 'weights' | 'key' | 'rename'>;

/** Every place where a spec names a network. */
function networksOf({ target, teacher }: Configuration): (readonly [path: string, named: Named])[] {
  const taught = target.train?.teacher ?? 'none';
  return [
    ['target', target],
    ...(teacher === 'none' ? [] : [['teacher', teacher] as const]),
    ...(taught === 'none' ? [] : [['target.train.teacher', taught] as const]),
  ];
}

const pointerOf = (path: string) => `/${path.replaceAll('.', '/')}`;

/** What tells the tensors of a checkpoint apart has no use where none is read. */
export function namesWithoutFile(configuration: Configuration): Problem[] {
  return networksOf(configuration).flatMap(([path, { weights, ...named }]) =>
    (['key', 'rename'] as const).flatMap(key =>
      named[key] === undefined || weights !== 'embedded'
        ? []
        : problem(
            `${pointerOf(path)}/${key}`,
            `Expected \`${path}.weights\` to be a checkpoint file beside \`${path}.${key}\`, got \`embedded\``,
            `\`${key}\` is about the names in a checkpoint: leave it out`,
          ),
    ),
  );
}

export function patterns(configuration: Configuration): Problem[] {
  return networksOf(configuration).flatMap(([path, { rename = [] }]) =>
    rename.flatMap(({ from }, i) => {
      const reason = flawOf(from);
      if (reason === undefined) return [];
      const message = `Expected \`${path}.rename[${i}].from\` to be a regular expression, got ${quote(from)}`;
      return problem(`${pointerOf(path)}/rename/${i}/from`, message, reason);
    }),
  );
}

function flawOf(pattern: string): string | undefined {
  try {
    new RegExp(pattern, 'u');
  } catch (error) {
    return (error as Error).message;
  }
}

type Network = Configuration['target']['network'];

const toldOf = (network: Network) => (typeof network === 'string' ? network : network.file);

/** A network that was represented has the shortcut that it was represented with. */
export function givenShortcut({ target: { from, shortcut } }: Configuration): Problem[] {
  if (from === undefined || shortcut === 'auto') return [];
  return problem(
    '/target/shortcut',
    `Expected \`target.shortcut\` to be left out beside \`target.from\`, got ${quote(shortcut)}`,
    'the network of the sweep tells it',
  );
}

/** The networks that come with identity paths of two kinds. */
const cifarResnets: readonly unknown[] = [8, 20, 32, 44, 56, 110].map(depth => `resnet${depth}`);

export function shortcuts({ target, teacher }: Configuration): Problem[] {
  const networks = { target, teacher, 'target.train.teacher': target.train?.teacher ?? 'none' };
  return Object.entries(networks).flatMap(([path, named]) =>
    named === 'none' || named.shortcut === 'auto' || cifarResnets.includes(named.network)
      ? []
      : problem(
          `/${path.replaceAll('.', '/')}/shortcut`,
          `Expected \`${path}.shortcut\` to be left out for ${toldOf(named.network)}, got ${quote(named.shortcut)}`,
          'only the CIFAR ResNets, `resnet8` to `resnet110`, come with either kind',
        ),
  );
}

/** Networks of one name have feature maps of the same shapes, with either shortcut. */
export function teachersFeatureMaps({ teacher, target, beta }: Configuration): Problem[] {
  if (teacher === 'none' || beta === 0 || toldOf(teacher.network) === toldOf(target.network)) return [];
  return problem(
    '/beta',
    `Expected \`beta\` to be 0 with a teacher whose feature maps are not the target's, ${toldOf(teacher.network)}'s and ${toldOf(target.network)}'s, got ${quote(beta)}`,
    'feature maps can be compared only between networks of one architecture; `beta: 0` learns from the outputs alone',
  );
}

export function idleTeacher(configuration: Configuration): Problem[] {
  if (configuration.baseline) return [];
  const learns = ({ alpha, warmup, iterations }: Configuration) => alpha > 0 && warmup < iterations;
  if (configuration.teacher === 'none' || phasesOf(configuration).some(phase => learns(phase.configuration)))
    return [];
  return problem(
    '/teacher',
    'Expected a knowledge distillation loss that learns from `teacher`, found none',
    'give `alpha` a value above 0 and `warmup` one below `iterations`, or leave `teacher` out',
  );
}
