import type { Picture } from '../images.ts';

/*
 * What maps each value of a channel to another one, as PIL's ImageOps (and its Image.point) do.
 */

/** The picture with every value looked up in a table of 256, the same for all channels. */
function throughTable(picture: Picture, map: (value: number) => number): Picture {
  const table = Uint8Array.from({ length: 256 }, (_, value) => map(value));
  return { ...picture, data: picture.data.map(value => table[value]!) };
}

export const invert = (picture: Picture) => throughTable(picture, value => 255 - value);

/** Values of `threshold` (0..256) and above are inverted. */
export const solarize = (picture: Picture, threshold: number) =>
  throughTable(picture, value => (value < threshold ? value : 255 - value));

/** Values below the middle are raised by `add`. */
export const solarizeAdd = (picture: Picture, add: number) =>
  throughTable(picture, value => (value < 128 ? Math.min(255, value + add) : value));

/** Only the upper `bits` (0..8) of a value are kept. */
export const posterize = (picture: Picture, bits: number) =>
  throughTable(picture, value => value & ~(2 ** (8 - bits) - 1));

/** Each channel is stretched over the whole range. */
export const autoContrast = (picture: Picture) =>
  throughHistograms(picture, histogram => {
    const low = histogram.findIndex(count => count > 0);
    const high = histogram.findLastIndex(count => count > 0);
    if (high <= low) return value => value;
    const scale = 255 / (high - low);
    const offset = -low * scale;
    return value => Math.min(255, Math.max(0, Math.trunc(value * scale + offset)));
  });

/** Each channel is mapped so that its values are spread evenly. */
export const equalize = (picture: Picture) =>
  throughHistograms(picture, histogram => {
    const counts = histogram.filter(count => count > 0);
    const step = Math.floor((counts.reduce((a, b) => a + b, 0) - counts.at(-1)!) / 255);
    if (counts.length <= 1 || step === 0) return value => value;
    const mapped: number[] = [];
    let below = Math.floor(step / 2);
    for (const count of histogram) {
      mapped.push(Math.min(255, Math.floor(below / step)));
      below += count;
    }
    return value => mapped[value]!;
  });

/** The picture with every value looked up in a table of its channel, made from how often its values occur. */
function throughHistograms(
  picture: Picture,
  mappingOf: (histogram: readonly number[]) => (value: number) => number,
): Picture {
  const data = new Uint8Array(picture.data.length);
  for (let channel = 0; channel < 3; channel++) {
    const histogram = new Array<number>(256).fill(0);
    for (let i = channel; i < data.length; i += 3) histogram[picture.data[i]!]!++;
    const table = Uint8Array.from({ length: 256 }, (_, value) => value).map(mappingOf(histogram));
    for (let i = channel; i < data.length; i += 3) data[i] = table[picture.data[i]!]!;
  }
  return { ...picture, data };
}
