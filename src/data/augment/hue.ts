import type { Picture } from '../images.ts';

/**
 * torchvision's adjust_hue on images of PIL: hue, saturation and value as bytes, the hue moved by `shift` (-0.5..0.5) of
 * the circle, and back.
 */
export function hue(picture: Picture, shift: number): Picture {
  const data = new Uint8Array(picture.data.length);
  const moved = Math.trunc(shift * 255);
  for (let i = 0; i < data.length; i += 3) {
    const [r, g, b] = [picture.data[i]!, picture.data[i + 1]!, picture.data[i + 2]!];
    const max = Math.max(r, g, b);
    const range = max - Math.min(r, g, b);
    const saturation = range === 0 ? 0 : Math.trunc(Math.fround(range / max) * 255);
    const turned = ((range === 0 ? 0 : hueOf(r, g, b, max, range)) + moved) & 255;
    writeRgb(turned, saturation, max, data, i);
  }
  return { ...picture, data };
}

/** The hue of PIL's rgb2hsv, 0..255, in float32 as there; `range` is above 0. */
function hueOf(r: number, g: number, b: number, max: number, range: number): number {
  const red = Math.fround((max - r) / range);
  const green = Math.fround((max - g) / range);
  const blue = Math.fround((max - b) / range);
  const sector = r === max ? blue - green : g === max ? 2 + red - blue : 4 + green - red;
  const turn = Math.fround(sector) / 6 + 1;
  return Math.trunc(Math.fround(turn >= 1 ? turn - 1 : turn) * 255);
}

/** PIL's hsv2rgb. */
function writeRgb(h: number, s: number, v: number, into: Uint8Array, at: number): void {
  const turn = (h * 6) / 255;
  const sector = Math.floor(turn);
  const rest = Math.fround(turn - sector);
  const strength = Math.fround(s / 255);
  const low = Math.round(v * (1 - strength));
  // From one of the six primary colours to the next, one of the three is the highest, one the lowest, one on its way.
  const between = Math.round(v * (1 - strength * (sector % 2 === 0 ? 1 - rest : rest)));
  const highest = Math.floor(((sector + 1) % 6) / 2);
  const lowest = Math.floor(((sector + 4) % 6) / 2);
  into.fill(between, at, at + 3);
  into[at + lowest] = low;
  into[at + highest] = v;
}
