import { type Random, shuffled } from '../../random.ts';
import type { Picture } from '../images.ts';
import { brightness, contrast, saturation } from './enhance.ts';
import { hue } from './hue.ts';

/** How far torchvision's ColorJitter goes: factors from 1 - x (but 0) to 1 + x, the hue by -x to x; 0 leaves one out. */
export interface Jitter {
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
  readonly hue: number;
}

const changes = { brightness, contrast, saturation, hue };
const names = ['brightness', 'contrast', 'saturation', 'hue'] as const;

/** What is drawn for one image: the changes in a random order, each with its factor. */
export function drawJitter(jitter: Jitter, random: Random): { name: keyof Jitter; factor: number }[] {
  return [...shuffled(names.length, random)].flatMap(i => {
    const name = names[i]!;
    const reach = jitter[name];
    const [low, high] = name === 'hue' ? [-reach, reach] : [Math.max(0, 1 - reach), 1 + reach];
    const factor = low + random.uniform() * (high - low);
    return reach === 0 ? [] : [{ name, factor }];
  });
}

export const applyJitter = (picture: Picture, drawn: ReturnType<typeof drawJitter>): Picture =>
  drawn.reduce((changed, { name, factor }) => changes[name](changed, factor), picture);
