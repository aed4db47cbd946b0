import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { Failure } from '../failure.ts';
import { readBounded } from '../files/read.ts';
import type { Tensor } from '../graph/tensor.ts';
import { readSafetensors } from './safetensors.ts';
import { legacySignature, readTorchLegacy } from './torch-legacy.ts';
import { readTorchZip, zipSignature } from './torch-zip.ts';

export type CheckpointFormat = 'safetensors' | 'torch-zip' | 'torch-legacy';

export interface Checkpoint {
  readonly format: CheckpointFormat;
  /** By name, without the `module.` that data-parallel training puts before each. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Of the file's bytes, in hexadecimal. */
  readonly sha256: string;
}

/** A ResNet152 has 240 MB; Node.js reads files of up to 2 GiB at once. */
const maxFileBytes = 1024 * 2 ** 20;

const readers: Readonly<Record<CheckpointFormat, (bytes: Uint8Array, file: string) => Map<string, Tensor>>> =
  {
    safetensors: readSafetensors,
    'torch-zip': readTorchZip,
    'torch-legacy': readTorchLegacy,
  };

/**
 * The weights in a file of safetensors or either of PyTorch's formats, told apart by their first bytes. Throws a
 * Failure of kind 'checkpoint' when the file is missing, damaged, foreign or hostile, or is not the one whose sha256
 * begins with the digits in its name (PyTorch's convention, as in `resnet20-12fca82f.th`).
 */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const bytes = await readBounded(path, maxFileBytes, 'checkpoint');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  checkName(path, sha256);
  const format = detectFormat(bytes, path);
  const tensors = withoutPrefix(readers[format](bytes, path));
  if (tensors.size === 0) {
    throw new Failure('checkpoint', `Expected ${path} to hold tensors, found none`, 'Save its state dict.');
  }
  return { format, tensors, sha256 };
}

function checkName(path: string, sha256: string): void {
  const [, expected] = /-([0-9a-f]{8,64})\.[^.]+$/.exec(basename(path)) ?? [];
  if (expected === undefined || sha256.startsWith(expected)) return;
  throw new Failure(
    'checkpoint',
    `Expected the sha256 of ${path} to begin with ${expected} as its name says, got ${sha256.slice(0, expected.length)}`,
    'The file is damaged or was changed: get it again, or rename it if you changed it yourself.',
  );
}

function detectFormat(bytes: Buffer, path: string): CheckpointFormat {
  if (startsWith(bytes, zipSignature)) return 'torch-zip';
  if (startsWith(bytes, legacySignature)) return 'torch-legacy';
  // A safetensors file begins with the length of its header, of less than 2^32 bytes, and the header with a brace.
  if (bytes.length > 8 && bytes.readUInt32LE(4) === 0 && bytes[8] === 0x7b) return 'safetensors';
  const start = bytes.subarray(0, 16);
  throw new Failure(
    'checkpoint',
    `Expected ${path} to be a safetensors or PyTorch file, got one that begins with \`${printable(start)}\``,
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

function startsWith(bytes: Uint8Array, signature: Uint8Array): boolean {
  return signature.every((byte, i) => bytes[i] === byte);
}

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
