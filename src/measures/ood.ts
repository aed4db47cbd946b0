import type { Tensor } from '../graph/tensor.ts';
import { accuracy } from './accuracy.ts';

/** Images of one kind: where they lie among all. */
export interface Part {
  readonly corruption: string;
  readonly severity: number;
  readonly from: number;
  readonly count: number;
}

/** Accuracies (%) on images of several corruptions and severities. */
export interface CorruptionAccuracies {
  /** The mean over all corruptions and severities, each counting the same. */
  readonly mean: number;
  /** Of each corruption: the mean over its severities, and each. */
  readonly corruptions: readonly {
    readonly corruption: string;
    readonly mean: number;
    readonly severities: Readonly<Record<string, number>>;
  }[];
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Of each part of the images; `logits` is [images, classes], `labels` [images]. */
export function corruptionAccuracies(
  { shape, data }: Tensor,
  labels: Uint8Array | Uint16Array,
  parts: readonly Part[],
): CorruptionAccuracies {
  const classes = shape[1]!;
  const ofPart = ({ from, count }: Part) =>
    accuracy(
      { shape: [count, classes], data: data.subarray(from * classes, (from + count) * classes) },
      labels.subarray(from, from + count),
    );
  const names = [...new Set(parts.map(({ corruption }) => corruption))];
  const corruptions = names.map(corruption => {
    const own = parts.filter(part => part.corruption === corruption);
    const severities = Object.fromEntries(own.map(part => [String(part.severity), ofPart(part)]));
    return { corruption, mean: meanOf(Object.values(severities)), severities };
  });
  return { mean: meanOf(parts.map(ofPart)), corruptions };
}

/** The logits with all classes but these out of the race. */
export function amongClasses({ shape, data }: Tensor, classes: readonly number[]): Tensor {
  const [images, all] = shape as [number, number];
  const masked = new Float32Array(data.length).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0; i < images; i++) for (const c of classes) masked[i * all + c] = data[i * all + c]!;
  return { shape, data: masked };
}
