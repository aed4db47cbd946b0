/** Per-channel mean and standard deviation of pixel values scaled to 0..1. */
export interface Normalization {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** The values a checkpoint was trained with must be used again with it; these are the usual ones. */
export const normalizations = {
  imagenet: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  cifar10: { mean: [0.4914, 0.4822, 0.4465], std: [0.2023, 0.1994, 0.201] },
  cifar100: { mean: [0.507, 0.4865, 0.4409], std: [0.2673, 0.2564, 0.2761] },
} as const satisfies Record<string, Normalization>;

/** What `auto` is for a network whose makers are not known: that of both papers. */
export const usual = 'imagenet';

/** The values that a spec's `data.normalize` names or gives; `auto` is settled by then where more is known than `usual`. */
export function normalizationOf(given: 'auto' | keyof typeof normalizations | Normalization): Normalization {
  if (typeof given !== 'string') return given;
  return normalizations[given === 'auto' ? usual : given];
}

/** What turns an image normalised one way into one normalised another: of each channel a factor, then an offset. */
export function renormalizationOf(from: Normalization, to: Normalization) {
  return {
    factor: to.std.map((std, channel) => from.std[channel]! / std),
    offset: to.std.map((std, channel) => (from.mean[channel]! - to.mean[channel]!) / std),
  };
}

/**
 * [3, 256]: the normalised value of each byte of each channel, (x / 255 - mean) / std with every step rounded to
 * float32, which is bit for bit what torchvision's ToTensor and Normalize compute.
 */
export function normalizationTable({ mean, std }: Normalization): Float32Array {
  const table = new Float32Array(3 * 256);
  for (let channel = 0; channel < 3; channel++) {
    const [m, s] = [Math.fround(mean[channel]!), Math.fround(std[channel]!)];
    for (let byte = 0; byte < 256; byte++) {
      table[channel * 256 + byte] = Math.fround(Math.fround(byte / 255) - m) / s;
    }
  }
  return table;
}

/** Writes `bytes` [images, 3, plane], normalised, into `into` ([>= images, 3, plane]). */
export function normalizeImages(
  bytes: Uint8Array,
  plane: number,
  table: Float32Array,
  into: Float32Array,
): void {
  for (let i = 0; i < bytes.length; i += plane) {
    const base = ((i / plane) % 3) * 256;
    for (let j = i; j < i + plane; j++) into[j] = table[base + bytes[j]!]!;
  }
}

/** Writes `pixels` [images, 3, plane], from 0 to 1, normalised, into `into`. */
export function normalizePixels(
  pixels: Float32Array,
  plane: number,
  { mean, std }: Normalization,
  into: Float32Array,
): void {
  for (let i = 0; i < pixels.length; i += plane) {
    const [m, s] = [mean[(i / plane) % 3]!, std[(i / plane) % 3]!];
    for (let j = i; j < i + plane; j++) into[j] = (pixels[j]! - m) / s;
  }
}

/** Writes one image of interleaved `bytes`, [plane, 3], normalised, into `into` ([3, plane]). */
export function normalizeInterleaved(bytes: Uint8Array, table: Float32Array, into: Float32Array): void {
  const plane = bytes.length / 3;
  for (let i = 0, from = 0; i < plane; i++) {
    into[i] = table[bytes[from++]!]!;
    into[plane + i] = table[256 + bytes[from++]!]!;
    into[2 * plane + i] = table[512 + bytes[from++]!]!;
  }
}
