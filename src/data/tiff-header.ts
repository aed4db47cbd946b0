const [compressionTag, photometricTag] = [259, 262];
const [luminanceAndChrominance, jpeg, oldJpeg] = [6, 7, 6];

/**
 * Whether the first picture of a TIFF file has luminance and chrominance that are not JPEG's: the decoder takes them for
 * red, green and blue. Files of over 4 GB (BigTIFF) are not looked into.
 */
export function hasBareChrominance(bytes: Buffer): boolean {
  const little = bytes.toString('latin1', 0, 2) === 'II';
  const read16 = (at: number) => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  if (bytes.length < 10 || read16(2) !== 42) return false;
  const directory = little ? bytes.readUInt32LE(4) : bytes.readUInt32BE(4);
  if (directory + 2 > bytes.length) return false;
  let [compression, photometric] = [1, 0];
  for (let i = 0, at = directory + 2; i < read16(directory) && at + 12 <= bytes.length; i++, at += 12) {
    if (read16(at) === compressionTag) compression = read16(at + 8);
    if (read16(at) === photometricTag) photometric = read16(at + 8);
  }
  return photometric === luminanceAndChrominance && ![jpeg, oldJpeg].includes(compression);
}
