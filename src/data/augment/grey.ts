/** The grey of a pixel as PIL computes it for mode L: ITU-R 601-2 in fixed point. */
export const greyOf = (red: number, green: number, blue: number) =>
  (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
