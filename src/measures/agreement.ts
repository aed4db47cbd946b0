import type { Tensor } from '../graph/tensor.ts';
import { classesOf } from './accuracy.ts';

/** The share of images, in percent, that two networks put into the same class, right or wrong; logits [images, classes]. */
export function agreement(a: Tensor, b: Tensor): number {
  const [ofA, ofB] = [classesOf(a), classesOf(b)];
  const same = ofA.reduce((count, found, i) => count + Number(found === ofB[i]), 0);
  return (100 * same) / ofA.length;
}
