import type { Failure } from '../../failure.ts';
import type { OnnxNode } from '../../weights/onnx.ts';

/** What is thrown of a node that has not what was expected of it. */
export type Refuse = (expected: string, found: string) => Failure;

/** A number, or a list of them, that a node may leave out. */
export const number = ({ attributes }: OnnxNode, key: string, absent: number) =>
  typeof attributes[key] === 'number' ? attributes[key] : absent;
export const numbers = (
  { attributes }: OnnxNode,
  key: string,
  absent: readonly number[],
): readonly number[] => (Array.isArray(attributes[key]) ? attributes[key] : absent);

/** Of a kernel, a window, a stride or a margin. */
const maxSide = 255;

/** The one value of an attribute that has it for each side. */
export function alikeOnAllSides(
  node: OnnxNode,
  key: string,
  absent: readonly number[],
  refuse: Refuse,
): number {
  const all = numbers(node, key, absent);
  const [value = -1] = all;
  if (all.some(other => other !== value)) throw refuse(`\`${key}\` alike on all sides`, `[${all}]`);
  const least = key === 'pads' ? 0 : 1;
  if (!Number.isInteger(value) || value < least || value > maxSide)
    throw refuse(`\`${key}\` from ${least} to ${maxSide}`, `[${all}]`);
  return value;
}

/** The zeros on each side of a feature map of this shape for windows of `size`: given, or what keeps its size. */
export function paddingOf(
  node: OnnxNode,
  [, ...sides]: readonly number[],
  { size, stride }: { readonly size: number; readonly stride: number },
  refuse: Refuse,
): number {
  const way = node.attributes.auto_pad || 'NOTSET';
  if (way === 'NOTSET') return alikeOnAllSides(node, 'pads', [0], refuse);
  if (way === 'VALID') return 0;
  if (way !== 'SAME_UPPER' && way !== 'SAME_LOWER')
    throw refuse('`auto_pad` NOTSET, VALID, SAME_UPPER or SAME_LOWER', `${way}`);
  const [all = 0, ...others] = sides.map(length =>
    Math.max(0, (Math.ceil(length / stride) - 1) * stride + size - length),
  );
  if (all % 2 !== 0 || others.some(other => other !== all))
    throw refuse(
      `\`auto_pad\` ${way} only where that is as many zeros on all sides`,
      `${[all, ...others].join(' and ')} along the sides of [${sides}]`,
    );
  return all / 2;
}

/** Of a node that can be taken in this form only; what it leaves out has it. */
export function expectAttribute(
  node: OnnxNode,
  key: string,
  expected: number | string,
  refuse: Refuse,
): void {
  const found = node.attributes[key] ?? expected;
  const all = Array.isArray(found) ? found : [found];
  if (all.some(value => value !== expected)) throw refuse(`\`${key}\` ${expected}`, `${all}`);
}
