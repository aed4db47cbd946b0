import { readFile, stat } from 'node:fs/promises';
import type { Metadata, SharpOptions } from 'sharp';
import { once } from '../once.ts';
import { isBmp, readBmp } from './bmp.ts';
import { mostPixels, type Picture, tooFine } from './images.ts';
import { isPnm, readPnm } from './pnm.ts';
import { hasBareChrominance } from './tiff-header.ts';

/** Colour profiles are ignored, as PIL ignores them. What can be decoded only in part is refused. */
const options: SharpOptions = { failOn: 'error', ignoreIcc: true, limitInputPixels: mostPixels };

/** Files are held in memory while they are decoded. */
const mostBytes = 2 ** 30;

/** Loaded when the first image is. The kinds of file that a data set has no use for are not even tried. */
const decoder = once(async () => {
  const { default: sharp } = await import('sharp');
  sharp.cache(false);
  sharp.block({ operation: ['VipsForeignLoad'] });
  const kinds = ['Jpeg', 'Png', 'Webp', 'Tiff'];
  sharp.unblock({ operation: kinds.map(kind => `VipsForeignLoad${kind}`) });
  return sharp;
});

/**
 * Reads an image as torchvision's loader of image folders does, which is PIL's `open` and `convert('RGB')`: what a file
 * is follows from its content, the first picture of several is taken, alpha is left out, and nothing is turned by what a
 * camera says but in TIFF files. Throws an Error that says why where that cannot be had.
 */
export async function readImage(file: string): Promise<Picture> {
  const { size } = await stat(file);
  if (size > mostBytes) throw new Error(`a file of ${size} bytes, more than ${mostBytes}`);
  const bytes = await readFile(file);
  if (isBmp(bytes)) return readBmp(bytes);
  if (isPnm(bytes)) return readPnm(bytes);
  const sharp = await decoder();
  const metadata = await sharp(bytes, options).metadata();
  refuseOtherKinds(metadata, bytes);
  const image = sharp(bytes, { ...options, autoOrient: metadata.format === 'tiff' });
  const inks = metadata.space === 'cmyk';
  const prepared = inks
    ? image.pipelineColourspace('cmyk').toColourspace('cmyk')
    : image.toColourspace('srgb').removeAlpha();
  const { data, info } = await prepared.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: inks ? fromInks(data, info.channels) : data };
}

function refuseOtherKinds({ format, space, depth }: Metadata, bytes: Buffer): void {
  if (format === 'tiff' && hasBareChrominance(bytes))
    throw new Error('TIFF of luminance and chrominance: convert it to RGB');
  if (depth === 'uchar' || (depth === 'ushort' && space === 'rgb16')) return;
  throw new Error(space === 'b-w' || space === 'grey16' ? tooFine : `pixels of type ${depth} in ${space}`);
}

/** Cyan, magenta, yellow and black as red, green and blue: (255 - ink) (255 - black) / 255, as PIL has it. */
function fromInks(inks: Uint8Array, channels: number): Uint8Array {
  const pixels = inks.length / channels;
  const data = new Uint8Array(3 * pixels);
  for (let i = 0; i < pixels; i++) {
    const light = 255 - inks[channels * i + 3]!;
    for (let channel = 0; channel < 3; channel++) {
      const product = inks[channels * i + channel]! * light + 128;
      data[3 * i + channel] = Math.max(0, light - ((product + (product >> 8)) >> 8));
    }
  }
  return data;
}
