import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoredObject } from '../files/object.ts';
import { sizeOf } from '../graph/tensor.ts';
import type { Guide } from './guidance.ts';

/** What a guidance stage finds: the logits [batch, classes] of so many steps, as float32 in files of so many steps each. */
export interface GuidanceRecord {
  readonly steps: number;
  readonly shape: readonly [batch: number, classes: number];
  readonly stepsPerFile: number;
}

/** A stage that is stopped goes on after the last whole file, and no file is larger than Node.js reads at once. */
const mostStepsPerFile = 256;
const mostBytesPerFile = 64 * 2 ** 20;

export const stepsPerFile = (shape: readonly number[]): number =>
  Math.max(1, Math.min(mostStepsPerFile, Math.floor(mostBytesPerFile / (4 * sizeOf(shape)))));

export const guidanceFile = (number: number): string => `logits-${String(number).padStart(5, '0')}.f32`;

/** A guide that reads what a guidance stage has left behind. */
export function readGuide({ record, folder }: StoredObject & { folder: string }): Guide {
  const { shape, stepsPerFile } = record as GuidanceRecord;
  const size = sizeOf(shape);
  let current: { number: number; logits: Float32Array } | undefined;
  return async (_images, step) => {
    const number = Math.floor(step / stepsPerFile);
    if (current?.number !== number) {
      const { buffer, byteOffset, byteLength } = await readFile(join(folder, guidanceFile(number)));
      current = { number, logits: new Float32Array(buffer, byteOffset, byteLength / 4) };
    }
    const start = (step % stepsPerFile) * size;
    return { shape, data: current.logits.subarray(start, start + size) };
  };
}
