import fc, { type Arbitrary } from 'fast-check';
import { stringify } from 'yaml';
import { isMapping, type Mapping } from '../../src/spec/pointer.ts';
import { configurationSchema, follow, type Schema, sweepSchema } from '../../src/spec/schema.ts';
import { parseSpec } from '../../src/spec/sweep.ts';
import { broken, dataFolder, names, sideOf } from './small-world.ts';

/*
 * Specs drawn from the schema: a setting that is added to it is drawn without a word here, from its default, its examples
 * and its bounds. What is told here is what a test can afford, and what the files of the small world hold.
 */

/** What takes the place of the schema's own values, by the setting's path. */
const affordable: Readonly<Record<string, Arbitrary<unknown>>> = {
  iterations: fc.integer({ min: 2, max: 4 }),
  batch: fc.integer({ min: 1, max: 5 }),
  warmup: fc.integer({ min: 0, max: 2 }),
  evaluateEvery: fc.integer({ min: 1, max: 4 }),
  baseline: fc.integer({ min: 0, max: 7 }).map(i => i === 0),
  'target.network': oneOfNetworks(),
  'target.shortcut': fc.constantFrom('auto', 'auto', 'auto', 'A', 'B'),
  'target.weights': fc.constant(names.target),
  // Whatever the names, it leaves them.
  'target.rename': fc.constant([{ from: '^', to: '' }]),
  'target.train.epochs': fc.constantFrom(0.5, 1, 2),
  'target.train.batch': fc.integer({ min: 2, max: 6 }),
  'target.train.optimizer.lr': fc.constantFrom(0.1, 0.01),
  'target.train.schedule.at': fc.constantFrom([0.5], [0.5, 1]),
  'target.train.schedule.warmup': fc.constantFrom(0, 0.25),
  'target.train.teacher.weights': fc.constant(names.ownTeacher),
  'target.train.seed': fc.constantFrom(0, 3, 'run'),
  'target.from.sweep': fc.constant(names.sweep),
  'target.from.cell': fc.constant('*'),
  'target.from.seed': fc.constant(0),
  'target.from.measure': fc.constantFrom('accuracy', 'reconstruction-error'),
  'teacher.weights': fc.constant(names.teacher),
  'data.root': fc.constant(dataFolder),
  'data.folder': fc.constant('images'),
  'data.size': fc.constant(sideOf('folder')),
  'data.resize': fc.constantFrom(32, 36, 40),
  'data.train': fc.integer({ min: 6, max: 12 }),
  'data.test': fc.integer({ min: 4, max: 8 }),
  'data.heldOut': fc.constantFrom(0, 3),
  'data.classes': fc.constant(10),
  'data.arrays': fc.record({ train: arrayFiles('train'), test: arrayFiles('test') }),
  'data.source.folder': fc.constant('images/train'),
  'data.source.images': fc.constant('images-32.npy'),
  'data.normalize.mean': threeNumbers(0, 1),
  'data.normalize.std': threeNumbers(0.2, 1),
  'predictor.hidden': fc.integer({ min: 1, max: 12 }),
  'predictor.layers': fc.integer({ min: 2, max: 6 }),
  'predictor.embedding.levels': fc.integer({ min: 1, max: 6 }),
  'predictor.init.file': fc.constant(names.predictor),
  'permutation.twoOpt': fc.constantFrom(0, 2),
  'permutation.file': fc.constant('by its method'),
  'sampler.batch': fc.integer({ min: 1, max: 3000 }),
  'losses.reconstructionWeight': fc.constantFrom(1, 1, 0.5, 0),
  'optimizer.lr': fc.constantFrom(0.005, 0.001, 0.1),
  'optimizer.lookahead.every': fc.integer({ min: 1, max: 3 }),
  'schedule.every': fc.integer({ min: 1, max: 3 }),
  'schedule.warmup': fc.integer({ min: 0, max: 2 }),
  'phases.name': fc.constantFrom('first', 'second', 'third'),
  'phases.from.file': fc.constant(names.predictor),
  evaluate: fc.uniqueArray(enumOf('evaluate'), { minLength: 1, maxLength: 4 }),
  'attack.steps': fc.integer({ min: 1, max: 3 }),
  'compression.fineTune.iterations': fc.integer({ min: 1, max: 2 }),
  'ood.corruptions': fc.uniqueArray(enumOf('ood.corruptions'), { minLength: 1, maxLength: 2 }),
  'progressive.rounds': fc.integer({ min: 1, max: 2 }),
};

/** Whose defaults no test can afford. */
const written: readonly string[] = ['target.train.epochs'];

/** Of what the small world has no file: those of safetensors hold one state dict. */
export const isLeftOut = (path: string) => /^(target|teacher|target\.train\.teacher)\.key$/.test(path);

/** The settings of a spec, by the same names, that other places have as well. */
const alias = (path: string) =>
  path
    .replace(/^phases\.forms/, 'losses')
    .replace(/^phases\.(?!name|from|losses)/, '')
    .replace(/^(target\.train\.)?teacher\.(network|shortcut|rename)/, 'target.$2')
    .replace(/^(target\.train\.)?teacher\.normalize/, 'data.normalize');

/** A value of the setting at `path`. */
function drawnOf(schema: Schema, path: string): Arbitrary<unknown> {
  const resolved = follow(schema);
  const own = affordable[path] ?? affordable[alias(path)];
  if (own !== undefined) return own;
  if ('const' in resolved) return fc.constant(resolved.const);
  if (resolved.enum) return fc.constantFrom(...resolved.enum);
  if (resolved.oneOf) return fc.oneof(...resolved.oneOf.map(one => drawnOf(one, path)));
  switch (resolved.type) {
    case 'object':
      return mapping(resolved, path);
    case 'array':
      return list(resolved, path);
    case 'boolean':
      return fc.boolean();
    case 'integer':
    case 'number':
      return number(resolved, path);
    default:
      throw new Error(`Expected a way to draw \`${path}\`, found none: add it to what is affordable`);
  }
}

/** Some of the keys, and all that are required. */
function mapping({ properties = {}, required = [] }: Schema, path: string): Arbitrary<Mapping> {
  const drawn = Object.entries(properties)
    .filter(([key]) => !isLeftOut(`${path}.${key}`))
    .map(([key, property]) => [key, drawnOf(property, `${path}.${key}`)] as const);
  const requiredKeys = [
    ...required,
    ...Object.keys(properties).filter(key => written.includes(`${path}.${key}`)),
  ];
  return fc.record(Object.fromEntries(drawn), { requiredKeys, noNullPrototype: true }) as never;
}

function list({ items, prefixItems, minItems = 0, uniqueItems }: Schema, path: string) {
  if (prefixItems) return fc.tuple(...prefixItems.map(item => drawnOf(item, path)));
  const lengths = { minLength: Math.max(1, minItems), maxLength: 2 };
  const value = drawnOf(items as Schema, path);
  return uniqueItems ? fc.uniqueArray(value, lengths) : fc.array(value, lengths);
}

/** The default, an example, or a bound that is a number like others. */
function number(schema: Schema, path: string): Arbitrary<unknown> {
  const { default: usual, examples = [], minimum, maximum } = schema;
  const bounds = [minimum, maximum].filter(bound => bound !== undefined && Math.abs(bound) <= 1);
  const values = [usual, ...examples, ...bounds].filter(value => typeof value === 'number');
  if (values.length === 0)
    throw new Error(`Expected \`${path}\` to have an example in the schema, found none`);
  return fc.constantFrom(...new Set(values));
}

/** Those that a test has the time for: the others differ from them in their depth. */
function oneOfNetworks() {
  return fc.constantFrom(
    'resnet8',
    'resnet8',
    'resnet20',
    'cnn',
    { file: names.layers },
    { file: names.onnx },
  );
}

function arrayFiles(split: string) {
  const labels = fc.constantFrom({}, { labels: `${split}-labels.npy` });
  return labels.map(own => ({ images: 'labels' in own ? 'images-32.npy' : `${split}.npz`, ...own }));
}

function threeNumbers(min: number, max: number) {
  const value = fc.integer({ min: 0, max: 8 }).map(i => min + ((max - min) * i) / 8);
  return fc.tuple(value, value, value);
}

/** What a setting, or an entry of its list, may be. */
function enumOf(path: string): Arbitrary<unknown> {
  const at = path
    .split('.')
    .reduce<Schema>((schema, key) => follow(follow(schema).properties![key]!), configurationSchema);
  return fc.constantFrom(...(follow(at.items as Schema).enum ?? []));
}

const { target, ...others } = configurationSchema.properties!;
const { train, from, weights: _, ...ofTarget } = follow(target!).properties!;

/** What the target of the other sweep is. */
const ofSweep = { network: 'resnet8', dataset: 'procedural' };

/** A target out of a file, one that comes with its weights, one that is trained, and one out of another sweep. */
const targets = fc
  .record({
    given: mapping({ properties: ofTarget, required: ['network', 'dataset'] }, 'target'),
    origin: fc.oneof(
      { weight: 3, arbitrary: fc.constant({ weights: names.target }) },
      { weight: 1, arbitrary: fc.constant({ shortcut: 'auto' }) },
      { weight: 2, arbitrary: drawnOf(train!, 'target.train').map(train => ({ train })) },
      { weight: 1, arbitrary: drawnOf(from!, 'target.from').map(from => ({ from })) },
    ),
  })
  .map(({ given, origin }) => ({ ...given, ...origin, ...('from' in origin ? ofSweep : {}) }));

const outer = {
  description: fc.constantFrom('drawn', 'Größe: 1 × 1\n'),
  seeds: fc.uniqueArray(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 2 }),
  report: fc.record({
    metric: fc.constantFrom(...follow(sweepSchema.$defs!.Report!.properties!.metric!).enum!),
  }),
};

const wholes = fc.record(
  {
    name: fc.constant('drawn'),
    target: targets,
    ...Object.fromEntries(Object.entries(others).map(([key, schema]) => [key, drawnOf(schema, key)])),
    permutation: drawnOf(others.permutation!, 'permutation').map(withFile),
    ...outer,
  },
  { requiredKeys: ['name', 'target', 'iterations', 'batch'] as never, noNullPrototype: true },
) as Arbitrary<Mapping>;

const mappingAt = (spec: Mapping, key: string): Mapping => (isMapping(spec[key]) ? spec[key] : {});

/** Each kind of permutation has a file of its own. */
function withFile(permutation: unknown): unknown {
  if (!isMapping(permutation) || permutation.file === undefined) return permutation;
  const { twoOpt: _, ...rest } = permutation;
  return { ...rest, file: permutation.method === 'in-filter' ? names.inFilter : names.crossFilter };
}

/** What depends on the images of the target: their size and number, and what is shown or measured in their place. */
function fitted(spec: Mapping): Mapping {
  const { dataset } = spec.target as { dataset: Parameters<typeof sideOf>[0] };
  const side = sideOf(dataset);
  const data = mappingAt(spec, 'data');
  const source = mappingAt(data, 'source');
  const isFolder = dataset === 'folder' || dataset === 'imagenet';
  const shifted = { imagenet: 'imagenet-r', cifar100: 'cifar100-c', stl10: undefined }[dataset as string];
  const set = dataset === 'stl10' ? undefined : (shifted ?? 'cifar10-c');
  const sets = side === 96 ? ['stl10', 'stl10-unlabeled'] : ['procedural', 'cifar10', 'cifar100'];
  const wanted = sets.includes(source.name as string) ? source.name : sets[0];
  return {
    ...spec,
    data: {
      ...data,
      ...(isFolder && { size: side }),
      ...(side === 96 && { resize: 100 }),
      ...(dataset === 'folder' && { folder: data.corrupt === 'skip' ? broken : 'images', classes: 10 }),
      ...(dataset === 'arrays' && { arrays: data.arrays ?? arraysOf() }),
      ...(dataset === 'procedural' && { train: data.train ?? 12, test: data.test ?? 8 }),
      ...(source.method === 'dataset' &&
        source.name !== 'imagenet' && { source: { ...source, name: wanted } }),
      ...(source.method === 'dataset' && { train: data.train ?? 12 }),
      ...(source.method === 'arrays' && { source: { ...source, images: `images-${side}.npy` } }),
    },
    ...(set === undefined ? {} : { ood: { ...mappingAt(spec, 'ood'), set } }),
    ...(isMapping(spec.report) && !isMeasured(spec, spec.report.metric) && { report: {} }),
  };
}

/** Whether a spec has a number that its report may be of. */
function isMeasured({ evaluate = others.evaluate!.default, baseline }: Mapping, metric: unknown): boolean {
  const measure = metric === 'best-accuracy' ? 'accuracy' : metric;
  const ofPredictor = ['agreement', 'reconstruction-error', 'best-accuracy'];
  return (
    (evaluate as unknown[]).includes(measure) && !(baseline === true && ofPredictor.includes(String(metric)))
  );
}

const arraysOf = () => ({ train: { images: 'train.npz' }, test: { images: 'test.npz' } });

/** Whether the images are of the size and the classes that the ONNX file is for. */
const fitsOnnx = ({ target }: Mapping) =>
  !['cifar100', 'imagenet', 'stl10'].includes((target as { dataset: string }).dataset);

const withoutOnnx = (value: unknown) => (value === names.onnx ? names.layers : value);

/** The grid that one setting of a spec is moved to, with the value that another spec has for it. */
function withGrid(spec: Mapping, other: Mapping, key: string): Mapping {
  if (spec[key] === undefined || other[key] === undefined) return spec;
  const { [key]: value, ...rest } = spec;
  return { ...rest, matrix: { [key]: [value, other[key]] } };
}

/** Settings that a grid may vary without another target or another set of images. */
const varied = ['permutation', 'sampler', 'losses', 'optimizer', 'schedule', 'phases', 'alpha'];

/** Whatever the schema allows, as the text of a spec; most are refused, for settings that do not go together. */
export const specTexts: Arbitrary<string> = fc
  .tuple(wholes, wholes, fc.option(fc.constantFrom(...varied), { freq: 3 }))
  .map(([spec, other, key]) => (key === null ? fitted(spec) : withGrid(fitted(spec), other, key)))
  .map(spec =>
    stringify(spec, (_: unknown, value: unknown) => (fitsOnnx(spec) ? value : withoutOnnx(value))),
  );

/** Those that are refused by nothing but their files. */
export const specs = specTexts.filter(text => parseSpec(text, 'spec.yaml').ok);
