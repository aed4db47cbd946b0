import { createHash } from 'node:crypto';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/** A seeded generator whose whole state can be saved and put back: a resumed run draws what it would have drawn. */
export interface Random {
  /** An integer in [0, 2^32). */
  uint32(): number;
  /** A number in [0, 1) with 32 random bits. */
  uniform(): number;
  /** An integer in [0, n), without bias; n is at most 2^32. */
  below(n: number): number;
  /** A standard normal draw (Box-Muller; two draws of `uniform` each). */
  normal(): number;
  /** The state, for `restoreRandom`. */
  state(): readonly number[];
}

/**
 * An independent generator for each (seed, stream): 'init', 'sampler', 'order', 'augment' of one run never share
 * draws, so that changing one part of a run leaves the others' randomness alone.
 */
export function createRandom(seed: number, stream: string): Random {
  const digest = createHash('sha256').update(`${seed}/${stream}`).digest();
  return restoreRandom([0, 4, 8, 12].map(offset => digest.readInt32LE(offset)));
}

/** The generator that had this state. */
export function restoreRandom(state: readonly number[]): Random {
  const generator = xoroshiro128plusFromState(state);
  const uint32 = () => generator.next() >>> 0;
  const uniform = () => uint32() / 2 ** 32;
  const below = (n: number) => {
    const limit = 2 ** 32 - (2 ** 32 % n);
    let draw = uint32();
    while (draw >= limit) draw = uint32();
    return draw % n;
  };
  const normal = () => {
    const radius = Math.sqrt(-2 * Math.log((uint32() + 1) / 2 ** 32));
    return radius * Math.cos(2 * Math.PI * uniform());
  };
  return { uint32, uniform, below, normal, state: () => generator.getState() };
}

/** A uniformly random order of 0..n-1 (Fisher-Yates). */
export function shuffled(n: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const kept = order[i]!;
    order[i] = order[j]!;
    order[j] = kept;
  }
  return order;
}
