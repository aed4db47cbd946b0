import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateSync, gzipSync, inflateSync } from 'node:zlib';
import { unzipSync, zipSync } from 'fflate';
import { readArrays } from '../../src/data/arrays.ts';
import { cifarValues, readCifarBinary } from '../../src/data/cifar-binary.ts';
import { readCifarPython } from '../../src/data/cifar-python.ts';
import { readMat } from '../../src/fetch/mat.ts';
import { unpackArchive } from '../../src/fetch/unpack.ts';
import { readNern, writeNern } from '../../src/format/nern-file.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { networkOf } from '../../src/networks/build.ts';
import { layersOfOnnx } from '../../src/networks/onnx/layers.ts';
import { decodeOnnx } from '../../src/weights/onnx.ts';
import { readSafetensors, writeSafetensors } from '../../src/weights/safetensors.ts';
import { readTorchLegacy } from '../../src/weights/torch-legacy.ts';
import { readTorchZip } from '../../src/weights/torch-zip.ts';
import { sample } from '../format/sample.ts';
import { build, bytes3, call, dict, global, integer, list, pickle, str, tuple } from '../support/pickle.ts';
import { tar } from '../support/tar.ts';

/** What reads files of one kind. */
export interface Reader {
  readonly name: string;
  /** Small whole files of the kind. */
  readonly files: readonly Buffer[];
  /** Changes what lies behind a checksum or a compression, and makes the file whole again around it. */
  readonly inside?: (file: Buffer, change: (part: Buffer) => Buffer) => Buffer;
  /** Reads a file; how many numbers or bytes it took out of it. */
  read(bytes: Buffer): number | Promise<number>;
  /** How many numbers a byte of a file may become: more than one where it is compressed, or a storage has several names. */
  readonly perByte: number;
  /** Whether any error is one that its caller tells as a Failure. */
  readonly throwsErrors?: boolean;
}

const fixture = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const file = (path: string) => readFileSync(fixture(path));
const checkpoints = ['kept', 'refused', 'keyed'].flatMap(part =>
  readdirSync(fixture(`fixtures/checkpoints/${part}`)).map(name => `fixtures/checkpoints/${part}/${name}`),
);
const torchFiles = (isLegacy: boolean) =>
  checkpoints.filter(name => name.endsWith('.pt') && name.endsWith('.legacy.pt') === isLegacy).map(file);

const count = (tensors: ReadonlyMap<string, Tensor>) =>
  [...tensors.values()].reduce((sum, { data }) => sum + data.length, 0);

const small = new Map([
  ['conv.weight', { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
  ['bn.count', { shape: [], data: Float32Array.of(7) }],
]);

/** A zip archive whose entries are changed, one in two of them. */
function rezipped(archive: Buffer, change: (part: Buffer) => Buffer): Buffer {
  const entries = Object.entries(unzipSync(archive));
  return Buffer.from(
    zipSync(
      Object.fromEntries(
        entries.map(([name, bytes], i) => [name, i % 2 === 0 ? change(Buffer.from(bytes)) : bytes]),
      ),
      { level: 0 },
    ),
  );
}

/** A MAT-file whose only variable is compressed. */
function recompressed(mat: Buffer, change: (part: Buffer) => Buffer): Buffer {
  const packed = deflateSync(change(inflateSync(mat.subarray(136))));
  const tag = Buffer.alloc(8);
  tag.writeUInt32LE(15);
  tag.writeUInt32LE(packed.length, 4);
  return Buffer.concat([mat.subarray(0, 128), tag, packed]);
}

const pixels = Buffer.alloc(2 * cifarValues, 7);
const cifarBinary = Buffer.concat([Buffer.of(3), pixels.subarray(0, cifarValues)]);
const cifarPython = pickle(
  dict(
    [str('labels'), list(integer(1), integer(2))],
    [
      str('data'),
      build(
        call(
          global('numpy.core.multiarray', '_reconstruct'),
          global('numpy', 'ndarray'),
          tuple(integer(0)),
          bytes3(Buffer.from('b')),
        ),
        tuple(
          integer(1),
          tuple(integer(2), integer(cifarValues)),
          call(global('numpy', 'dtype'), str('u1'), integer(0), integer(1)),
          Buffer.of(0x89),
          bytes3(pixels),
        ),
      ),
    ],
  ),
  3,
);

function npy(header: string, data: Uint8Array): Buffer {
  const text = Buffer.from(`${header}\n`);
  const start = Buffer.from('\x93NUMPY\x01\0\0\0', 'latin1');
  start.writeUInt16LE(text.length, 8);
  return Buffer.concat([start, text, data]);
}
const images = npy("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 4, 4, 3), }", Buffer.alloc(96, 5));
const labels = npy("{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }", Buffer.alloc(16));

/** A folder for the readers that want a path, used again for each mutant. */
const work = mkdtempSync(join(tmpdir(), 'nern-fuzz-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
const put = (name: string, bytes: Uint8Array) => {
  const path = join(work, name);
  writeFileSync(path, bytes);
  return path;
};

async function unpacked(bytes: Buffer): Promise<number> {
  const folder = join(work, 'unpacked');
  rmSync(folder, { recursive: true, force: true });
  await unpackArchive(put('archive', bytes), folder, { maxBytes: 1_000_000 });
  return 0;
}

async function arrays(path: string): Promise<number> {
  const files = { images: path, ...(path.endsWith('.npz') ? {} : { labels: put('labels.npy', labels) }) };
  return (await readArrays(files, 'train')).pixels.length;
}

const task = { classes: 10, input: [3, 32, 32] } as const;

export const readers: readonly Reader[] = [
  {
    name: 'torch, zip',
    files: [file('weights/fixtures/torch-zip.pt'), ...torchFiles(false)],
    inside: rezipped,
    read: bytes => count(readTorchZip(bytes, 'mutant.pt')),
    perByte: 4,
  },
  {
    name: 'torch, legacy',
    files: [
      file('weights/fixtures/torch-legacy.pt'),
      file('weights/fixtures/torch-protocol4.pt'),
      ...torchFiles(true),
    ],
    read: bytes => count(readTorchLegacy(bytes, 'mutant.pt')),
    perByte: 4,
  },
  {
    name: 'safetensors',
    files: [writeSafetensors(small), writeSafetensors(small, { by: 'test' })].map(Buffer.from),
    read: bytes => count(readSafetensors(bytes, 'mutant.safetensors')),
    perByte: 1,
  },
  {
    name: 'nern',
    files: [Buffer.from(writeNern(sample))],
    read: bytes => readNern(bytes, 'mutant.nern').parameters.length,
    perByte: 1,
  },
  {
    name: 'onnx',
    files: ['convolutional', 'folded', 'kept'].map(name => file(`fixtures/onnx/${name}.onnx`)),
    read: bytes => {
      const { layers, tensors } = layersOfOnnx(
        decodeOnnx(bytes, 'mutant.onnx').graph(new Map()),
        'mutant.onnx',
        task,
      );
      networkOf({ name: 'mutant', layers }, task);
      return count(tensors);
    },
    perByte: 8,
  },
  {
    name: 'npy',
    files: [images],
    read: bytes => arrays(put('mutant.npy', bytes)),
    perByte: 3,
  },
  {
    name: 'npz',
    files: [0, 6].map(level =>
      Buffer.from(
        zipSync(
          { 'images.npy': images, 'labels.npy': labels },
          { level: level as 0 | 6, mtime: '1980-01-01' },
        ),
      ),
    ),
    inside: rezipped,
    read: bytes => arrays(put('mutant.npz', bytes)),
    perByte: 3,
  },
  {
    name: 'cifar, binary',
    files: [cifarBinary, Buffer.concat([cifarBinary, cifarBinary])],
    read: bytes => readCifarBinary(bytes, 'mutant.bin', 1).pixels.length,
    perByte: 1,
  },
  {
    name: 'cifar, python',
    files: [cifarPython],
    read: bytes => readCifarPython(bytes, 'mutant', 'labels').pixels.length,
    perByte: 1,
  },
  {
    name: 'mat',
    files: [file('fixtures/data/meta.mat')],
    inside: recompressed,
    read: bytes => readMat(bytes).size,
    perByte: 1,
    throwsErrors: true,
  },
  {
    name: 'tar',
    files: [
      tar([
        { name: 'a/b.txt', content: Buffer.from('text') },
        { name: 'c', type: '5' },
      ]),
      gzipSync(tar([{ name: 'a.txt', content: Buffer.alloc(600, 65) }])),
    ],
    read: unpacked,
    perByte: 1,
  },
  {
    name: 'zip',
    files: [0, 6].map(level =>
      Buffer.from(
        zipSync(
          { 'a/b.txt': Buffer.alloc(100, 65), 'c.txt': Buffer.from('text') },
          { level: level as 0 | 6, mtime: '1980-01-01' },
        ),
      ),
    ),
    read: unpacked,
    perByte: 1,
  },
];
