import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { Failure } from '../failure.ts';
import { readBounded } from '../files/read.ts';
import type { Tensor } from '../graph/tensor.ts';
import { isSafetensors, readSafetensors } from './safetensors.ts';
import { isTorchLegacy, readTorchLegacy } from './torch-legacy.ts';
import { isTorchZip, readTorchZip } from './torch-zip.ts';

export type CheckpointFormat = 'safetensors' | 'torch-zip' | 'torch-legacy';

export interface Checkpoint {
  readonly format: CheckpointFormat;
  /** By name, without the `module.` that data-parallel training puts before each. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Of the file's bytes, in hexadecimal. */
  readonly sha256: string;
}

/** A ResNet152 has 240 MB; Node.js reads files of up to 2 GiB at once. */
export const maxFileBytes = 1024 * 2 ** 20;

interface Reader {
  readonly format: CheckpointFormat;
  accepts(bytes: Buffer): boolean;
  read(bytes: Uint8Array, file: string, key?: string): Map<string, Tensor>;
}

const readers: readonly Reader[] = [
  { format: 'safetensors', accepts: isSafetensors, read: readFlat },
  { format: 'torch-zip', accepts: isTorchZip, read: readTorchZip },
  { format: 'torch-legacy', accepts: isTorchLegacy, read: readTorchLegacy },
];

/**
 * The weights in a file of safetensors or either of PyTorch's formats, told apart by their first bytes. Throws a
 * Failure of kind 'checkpoint' when the file is missing, damaged, foreign or hostile, or is not the one whose sha256
 * begins with the digits in its name (PyTorch's convention, as in `resnet20-12fca82f.th`). `key` leads to the state dict in
 * a file of PyTorch that holds several.
 */
export async function readCheckpoint(path: string, key?: string): Promise<Checkpoint> {
  const bytes = await readBounded(path, maxFileBytes, 'checkpoint');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  checkName(path, sha256);
  const reader = readers.find(({ accepts }) => accepts(bytes));
  if (!reader) throw foreignFile(bytes, path);
  const tensors = withoutPrefix(reader.read(bytes, path, key));
  if (tensors.size === 0) {
    throw new Failure('checkpoint', `Expected ${path} to hold tensors, found none`, 'Save its state dict.');
  }
  return { format: reader.format, tensors, sha256 };
}

function readFlat(bytes: Uint8Array, file: string, key?: string): Map<string, Tensor> {
  if (key === undefined) return readSafetensors(bytes, file);
  throw new Failure(
    'checkpoint',
    `Expected ${file} to be a PyTorch file where a \`key\` is given, got a safetensors file`,
    'A safetensors file holds one state dict: leave `key` out.',
  );
}

/** `20231015`, or with a time behind it: digits that are no checksum. */
const date = /^(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(\d{4}|\d{6})?$/;

function checkName(path: string, sha256: string): void {
  const [, expected] = /-([0-9a-f]{8,64})\.[^.]+$/.exec(basename(path)) ?? [];
  if (expected === undefined || date.test(expected) || sha256.startsWith(expected)) return;
  throw new Failure(
    'checkpoint',
    `Expected the sha256 of ${path} to begin with ${expected} as its name says, got ${sha256.slice(0, expected.length)}`,
    'The file is damaged or was changed: get it again, or rename it if you changed it or if those digits are no checksum.',
  );
}

function foreignFile(bytes: Buffer, path: string): Failure {
  const expected = `Expected ${path} to be a safetensors or PyTorch file`;
  if (bytes.length === 0)
    return new Failure('checkpoint', `${expected}, got an empty one`, 'Its copying failed: get it again.');
  const start = bytes.subarray(0, 16);
  return new Failure(
    'checkpoint',
    `${expected}, got one that begins with \`${printable(start)}\``,
    foreign.find(({ signature }) => bytes.toString('latin1', 0, 64).startsWith(signature))?.hint ??
      'Save the state dict with torch.save or as safetensors.',
  );
}

/** Files that are often found in a checkpoint's place. */
const foreign = [
  {
    signature: 'version https://git-lfs',
    hint: 'This is a Git LFS pointer: fetch the file itself with `git lfs pull`.',
  },
  { signature: '<', hint: 'This looks like a web page: download the file itself, not the page about it.' },
  { signature: '\x89HDF', hint: 'This is an HDF5 file (Keras): convert it to safetensors.' },
  { signature: '\x1f\x8b', hint: 'This is compressed with gzip: unpack it first.' },
  {
    signature: '\x80',
    hint: 'This is a bare pickle: save the state dict with torch.save or as safetensors.',
  },
];

function printable(bytes: Buffer): string {
  return bytes.toString('latin1').replace(/[^\x20-\x7e]/g, character => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}

const prefix = 'module.';

/** Only when every name has it: then no two names can become one. */
function withoutPrefix(tensors: Map<string, Tensor>): Map<string, Tensor> {
  const names = [...tensors.keys()];
  if (!names.every(name => name.startsWith(prefix))) return tensors;
  return new Map(names.map(name => [name.slice(prefix.length), tensors.get(name)!]));
}
