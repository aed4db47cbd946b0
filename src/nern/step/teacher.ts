import { add, multiply } from '../../graph/elementwise.ts';
import type { Program } from '../../graph/program.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { constant, input, type Value } from '../../graph/value.ts';
import { type Features, forward, frozen } from '../../networks/forward.ts';
import type { Network } from '../../networks/network.ts';

/** The network whose outputs and feature maps are compared, with its weights. */
export interface DistilledTarget {
  readonly network: Network;
  readonly weights: ReadonlyMap<string, Tensor>;
}

/** A network that another one learns from ("guidance" by a larger one: second paper, section 4.3). */
export interface Teacher extends DistilledTarget {
  /** How it wants to see an image, given as the target wants it: each channel times a factor, plus an offset. */
  readonly renormalization?: Renormalization | undefined;
}

/** By channel. */
export interface Renormalization {
  readonly factor: readonly number[];
  readonly offset: readonly number[];
}

/** The teacher's outputs and feature maps for images normalised as the target wants them. */
export function guidanceOf({ network, weights, renormalization }: Teacher, images: Value): Features {
  const own = renormalization ? renormalized(images, renormalization) : images;
  return forward(network, own, frozen(weights));
}

function renormalized(images: Value, { factor, offset }: Renormalization): Value {
  const byChannel = (values: readonly number[]) =>
    constant(Float32Array.from(values), [1, values.length, 1, 1]);
  return add(multiply(images, byChannel(factor)), byChannel(offset));
}

/** The teacher's logits: input `images` [images, 3, h, w], normalised as the target wants them; output `logits`. */
export function guidanceProgram(teacher: Teacher, images: number): Program {
  const { logits } = guidanceOf(teacher, input('images', [images, ...teacher.network.input]));
  return { name: 'guidance', outputs: { logits } };
}
