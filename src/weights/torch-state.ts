import { Failure } from '../failure.ts';
import type { Tensor } from '../graph/tensor.ts';
import { describe, type PickleValue } from '../pickle/values.ts';
import { damaged, type Storage } from './torch-storage.ts';
import { isTensor, tensorView } from './torch-tensor.ts';
import { decode } from './values.ts';

type Dictionary = Map<PickleValue, PickleValue>;

/** Names under which training scripts keep the state dict when they save more than it; the first counts. */
const wrappers = ['state_dict', 'model_state_dict', 'model', 'net', 'weights', 'params'];

/** State dicts lie as deep as {model: {state_dict: ...}}; what an optimizer knows of each parameter lies deeper. */
const maxDepth = 2;

/** So many of a file's keys are told. */
const maxTold = 20;

/** A storage may serve several names (tied weights), but not so many that a small file fills the memory. */
const maxSharing = 4;

/**
 * The tensors of an unpickled state dict, or of the one that it wraps, as dense float32. `key` says where that is, if it is
 * given. `bytesOf` gives a storage's bytes, of which there are length x bytes of its format. Entries that are no tensors
 * are left out. Throws a Failure of kind 'checkpoint'.
 */
export function collectTensors(
  value: PickleValue,
  bytesOf: (storage: Storage) => Uint8Array,
  file: string,
  key?: string,
): Map<string, Tensor> {
  if (!(value instanceof Map))
    throw damaged(file, 'a state dict', isTensor(value) ? 'a tensor' : describe(value));
  const tensors = new Map<string, Tensor>();
  const seen = new Set<string>();
  let limit = 0;
  let taken = 0;
  for (const [name, entry] of key === undefined ? stateDict(value, file) : stateDictAt(value, key, file)) {
    if (typeof name !== 'string' || !isTensor(entry)) continue;
    const { storage, format, layout, size } = tensorView(name, entry, file);
    if (!seen.has(storage.key)) limit += maxSharing * storage.length;
    seen.add(storage.key);
    taken += size;
    if (taken > limit) throw damaged(file, `tensors of at most ${limit} numbers altogether`, `${taken}`);
    tensors.set(name, decode(bytesOf(storage), format, layout));
  }
  return tensors;
}

/** A dictionary that has tensors, and the keys that lead to it. */
interface Found {
  readonly path: readonly string[];
  readonly dictionary: Dictionary;
}

const holdsTensors = (dictionary: Dictionary) =>
  [...dictionary].some(([name, value]) => typeof name === 'string' && isTensor(value));

/** Every dictionary that has tensors, down to a depth; each once, however often it is named. */
function find(dictionary: Dictionary, path: readonly string[] = [], seen = new Set<unknown>()): Found[] {
  if (seen.has(dictionary)) return [];
  seen.add(dictionary);
  const own = holdsTensors(dictionary) ? [{ path, dictionary }] : [];
  if (path.length === maxDepth || (own.length > 0 && path.length > 0)) return own;
  const inner = [...dictionary].flatMap(([name, value]) =>
    typeof name === 'string' && value instanceof Map ? find(value, [...path, name], seen) : [],
  );
  return [...own, ...inner];
}

/** The state dict in a checkpoint: the one that is there, or of several the one with a usual name. */
function stateDict(value: Dictionary, file: string): Dictionary {
  const found = find(value);
  const rank = ({ path }: Found) => wrappers.indexOf(path[0]!);
  const usual = found
    .filter(({ path }) => path.length > 0 && path.every(name => wrappers.includes(name)))
    .sort((a, b) => rank(a) - rank(b));
  const [chosen] = [...usual, ...found.filter(({ path }) => path.length === 0 || found.length === 1)];
  if (chosen === undefined && found.length === 0) throw without(value, file);
  const same = found.filter(
    other => chosen === undefined || other === chosen || haveSameNames(chosen.dictionary, other.dictionary),
  );
  if (chosen !== undefined && same.length === 1) return chosen.dictionary;
  const names = same.map(({ path }) => path.join('.'));
  throw new Failure(
    'checkpoint',
    `Expected ${file} to hold one state dict, found ${same.length}: ${told(names)}`,
    `Say which of them it is: \`key: ${names[0]}\` beside \`weights\`.`,
  );
}

const haveSameNames = (a: Dictionary, b: Dictionary) =>
  a.size === b.size && [...a.keys()].every(name => b.has(name));

const told = (names: readonly string[]) =>
  names.length === 0
    ? 'none'
    : names.slice(0, maxTold).join(', ') +
      (names.length > maxTold ? ` and ${names.length - maxTold} more` : '');

function without(value: Dictionary, file: string): Failure {
  const keys = [...value.keys()].map(name => (typeof name === 'string' ? name : describe(name)));
  return new Failure(
    'checkpoint',
    `Expected ${file} to hold tensors by their names, found none; its keys are: ${told(keys)}`,
    'A state dict is looked for at the top and up to two keys below it. Save it alone: torch.save(model.state_dict(), FILE).',
  );
}

/** The dictionary to which a path of keys leads; a key may have dots itself. */
function stateDictAt(value: Dictionary, key: string, file: string): Dictionary {
  const found = at(value, key);
  if (found instanceof Map && holdsTensors(found)) return found;
  const names = find(value).map(({ path }) => path.join('.') || '(the file itself)');
  const got =
    found === undefined ? 'nothing' : found instanceof Map ? 'one without tensors' : describe(found);
  throw new Failure(
    'checkpoint',
    `Expected \`key: ${key}\` to lead to a state dict in ${file}, got ${got}`,
    `There are tensors in: ${told(names)}.`,
  );
}

function at(value: PickleValue | undefined, key: string): PickleValue | undefined {
  if (!(value instanceof Map)) return undefined;
  if (value.has(key)) return value.get(key);
  for (let dot = key.indexOf('.'); dot >= 0; dot = key.indexOf('.', dot + 1)) {
    const inner = at(value.get(key.slice(0, dot)), key.slice(dot + 1));
    if (inner !== undefined) return inner;
  }
  return undefined;
}
