import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { InputHashes } from '../plan/plan.ts';
import type { Cell } from '../spec/cell.ts';
import type { Sweep } from '../spec/sweep.ts';
import { loadImages } from '../stages/images.ts';
import { dataRoot, weightsCandidates } from '../stages/locate.ts';

/**
 * The content hashes of what each cell reads, by cell id; what many cells share is read once. Built-in weights and
 * images have none: they change with the method's version only. Neither has what cannot be read: the run that needs
 * it says what is wrong with it.
 */
export async function hashInputs({ cells, folder }: Sweep): Promise<Map<string, InputHashes>> {
  const known = new Map<string, Promise<string | undefined>>();
  const once = (name: string, hash: () => Promise<string | undefined>) => {
    const hashed = known.get(name) ?? hash();
    known.set(name, hashed);
    return hashed;
  };
  const entries = cells.map(async (cell): Promise<[string, InputHashes]> => {
    const hashes = {
      weights: await once(...weightsOf(cell, folder)),
      train: await once(...imagesOf(cell, folder, 'train')),
      test: await once(...imagesOf(cell, folder, 'test')),
    };
    return [cell.id, hashes];
  });
  return new Map(await Promise.all(entries));
}

/** What is to be hashed: a name that is the same for the same content, and how to hash it. */
type Hashing = [name: string, hash: () => Promise<string | undefined>];

const builtIn: Hashing = ['built-in', async () => undefined];

function weightsOf({ configuration }: Cell, specFolder: string): Hashing {
  if (configuration.target.weights === 'embedded') return builtIn;
  const candidates = weightsCandidates(configuration, specFolder);
  const hash = async () => {
    for (const file of candidates) {
      const hashed = await hashFile(file);
      if (hashed !== undefined) return hashed;
    }
    return undefined;
  };
  return [`weights ${candidates.join(' ')}`, hash];
}

function imagesOf({ configuration }: Cell, specFolder: string, split: 'train' | 'test'): Hashing {
  const { dataset } = configuration.target;
  if (dataset === 'procedural') return builtIn;
  // The images are hashed, not their files: the binary and the python version of a data set are the same data.
  const hash = async () => {
    const images = await loadImages(configuration, specFolder, split).catch(() => undefined);
    return images && createHash('sha256').update(images.pixels).update(images.labels).digest('hex');
  };
  const limit = configuration.data[split] ?? 'all';
  return [`${dataset} ${dataRoot(configuration, specFolder)} ${split} ${limit}`, hash];
}

async function hashFile(file: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(file)) hash.update(chunk);
    return hash.digest('hex');
  } catch {
    return undefined;
  }
}
