import type { Random } from '../random.ts';

/** Noise in place of normalised images (NeRN, section 4.4: distillation without data). */
export interface Noise {
  /** `uniform`: evenly from -scale to scale; `gaussian`: with standard deviation `scale`. */
  readonly distribution: 'uniform' | 'gaussian';
  readonly scale: number;
}

/** Fills `into` with independent draws. */
export function fillWithNoise(into: Float32Array, { distribution, scale }: Noise, random: Random): void {
  if (distribution === 'gaussian') fillNormal(into, scale, random);
  else for (let i = 0; i < into.length; i++) into[i] = scale * (2 * random.uniform() - 1);
}

/** Box-Muller gives two at a time. */
function fillNormal(into: Float32Array, scale: number, random: Random): void {
  for (let i = 0; i < into.length; i += 2) {
    const radius = scale * Math.sqrt(-2 * Math.log((random.uint32() + 1) / 2 ** 32));
    const angle = 2 * Math.PI * random.uniform();
    into[i] = radius * Math.cos(angle);
    if (i + 1 < into.length) into[i + 1] = radius * Math.sin(angle);
  }
}
