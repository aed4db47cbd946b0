import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { Failure } from '../failure.ts';
import { readBounded } from '../files/read.ts';
import { maxFileBytes } from './checkpoint.ts';
import { decodeOnnx, type OnnxGraph } from './onnx.ts';
import type { External } from './onnx-tensors.ts';

/** What an ONNX file holds, with the weights that it keeps in files beside it. */
export interface OnnxFile {
  readonly graph: OnnxGraph;
  /** Of its bytes and of those of the files beside it, in hexadecimal. */
  readonly sha256: string;
}

/** So many files may hold the weights of one network. PyTorch writes one; the ONNX library one for each tensor, if asked to. */
const maxFiles = 4096;

/**
 * Reads an ONNX file, and the files with its weights if there are any: these must lie in its folder, and have with it at
 * most `maxFileBytes`. Throws a Failure of kind 'checkpoint'.
 */
export async function readOnnxFile(path: string): Promise<OnnxFile> {
  const bytes = await readBounded(path, maxFileBytes, 'checkpoint');
  const { locations, graph } = decodeOnnx(bytes, path);
  const others = await readOthers(path, locations, maxFileBytes - bytes.length);
  return { graph: graph(others), sha256: hashOf(bytes, others) };
}

/** Of a file by itself what any tool finds; else also of what is in the others. */
function hashOf(bytes: Uint8Array, others: External): string {
  const own = createHash('sha256').update(bytes).digest('hex');
  if (others.size === 0) return own;
  const all = [...others].map(([location, other]) => [
    location,
    createHash('sha256').update(other).digest('hex'),
  ]);
  return createHash('sha256')
    .update(JSON.stringify([own, ...all.sort()]))
    .digest('hex');
}

async function readOthers(path: string, locations: readonly string[], room: number): Promise<External> {
  if (locations.length > maxFiles)
    throw new Failure(
      'checkpoint',
      `Expected ${path} to keep its weights in at most ${maxFiles} files, got ${locations.length}`,
      'Export the network again with its weights in one file.',
    );
  const others = new Map<string, Uint8Array>();
  let left = room;
  for (const location of locations) {
    const other = await readBounded(await inFolder(path, location), left, 'checkpoint');
    left -= other.length;
    others.set(location, other);
  }
  return others;
}

/** The file of this name beside `path`: below its folder, also where links lead elsewhere. */
async function inFolder(path: string, location: string): Promise<string> {
  const parts = location.split('/');
  const isOwn = parts.every(part => part !== '' && part !== '..') && !/[\\:\0]/.test(location);
  if (!isOwn) throw outside(path, location, `\`${location}\``);
  const [folder, file] = await Promise.all([real(dirname(path)), real(join(dirname(path), location))]).catch(
    () => {
      throw new Failure(
        'checkpoint',
        `Expected a file ${join(dirname(path), location)} with the weights of ${path}, found none`,
        `Copy \`${location}\` beside it, or export the network again with its weights inside (\`external_data=False\`).`,
      );
    },
  );
  const way = relative(folder, file);
  if (way === '..' || way.startsWith(`..${sep}`) || join(folder, way) !== file)
    throw outside(path, location, `a link to ${file}`);
  return file;
}

const real = (path: string) => realpath(path);

function outside(path: string, location: string, found: string): Failure {
  return new Failure(
    'checkpoint',
    `Expected ${path} to keep its weights in a file of its own folder, got ${found}`,
    location === ''
      ? 'The file is damaged: export it again.'
      : 'Copy the file with the weights itself beside it, or export the network again with its weights inside (`external_data=False`).',
  );
}
