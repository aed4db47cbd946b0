import { join } from 'node:path';
import type { Sizing } from './crop.ts';
import { decodeCentre } from './decode.ts';
import { type FolderList, inFixedOrder, listFolder, takeFiles } from './folder.ts';
import { indexFolder } from './folder-index.ts';
import type { ImageSet } from './image-set.ts';
import { planeOf } from './images.ts';

/** A folder of images, and how it is read. */
export interface FolderSource extends Sizing {
  readonly folder: string;
  /** Absent: all. */
  readonly limit?: number | undefined;
  /** What becomes of images that cannot be decoded: `refuse` fails at the first, `skip` leaves them out from the start. */
  readonly corrupt: 'refuse' | 'skip';
}

/** The images of a folder in a fixed order, without the broken ones where they are to be left out. */
export const openFolder = async (source: FolderSource): Promise<FolderList> =>
  chosenOf(await listFolder(source.folder), source);

/** The same of images that are listed already. */
export async function chosenOf(
  list: FolderList,
  { limit, corrupt }: Pick<FolderSource, 'limit' | 'corrupt'>,
): Promise<FolderList> {
  if (corrupt === 'refuse') return inFixedOrder(list, limit);
  const { broken } = await indexFolder(list, { decode: true });
  const whole = Uint32Array.from(list.files.keys()).filter(i => !broken.has(i));
  return inFixedOrder(takeFiles(list, whole), limit);
}

/** Images of a folder as a test sees them; while one batch is looked at, the next is decoded. */
export function folderSet(list: FolderList, sizing: Sizing): ImageSet {
  const { size } = sizing;
  const shape = { height: size, width: size };
  const values = 3 * planeOf(shape);
  const count = list.files.length;
  const decode = async (from: number, some: number) => {
    const paths = list.files.slice(from, from + some).map(file => join(list.folder, file));
    const bytes = new Uint8Array(paths.length * values);
    await Promise.all(
      paths.map(async (path, i) => planar(await decodeCentre(path, sizing), bytes, i * values)),
    );
    return bytes;
  };
  let ahead: { from: number; some: number; bytes: Promise<Uint8Array> } | undefined;
  return {
    ...{ count, channels: 3, ...shape, labels: list.labels, classes: list.classNames.length },
    async read(from, some) {
      const bytes = await (ahead?.from === from && ahead.some === some ? ahead.bytes : decode(from, some));
      const next = from + some;
      ahead =
        next < count
          ? { from: next, some: Math.min(some, count - next), bytes: decode(next, some) }
          : undefined;
      // Whoever asks for them is told of an error; if nobody does, it is none.
      ahead?.bytes.catch(() => {});
      return bytes;
    },
  };
}

/** Writes an image of interleaved pixels, plane by plane, into `into` from `at` on. */
function planar(pixels: Uint8Array, into: Uint8Array, at: number): void {
  const plane = pixels.length / 3;
  for (let i = 0, from = 0; i < plane; i++) {
    into[at + i] = pixels[from++]!;
    into[at + plane + i] = pixels[from++]!;
    into[at + 2 * plane + i] = pixels[from++]!;
  }
}
