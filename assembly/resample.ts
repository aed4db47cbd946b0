/*
 * The two passes of src/data/resample.ts in AssemblyScript: sums of bytes by weights of 22 bits behind the point, the four
 * bytes of a pixel and its neighbour at a time. Whole numbers throughout, so that sums are the same in any order.
 *
 * The caller lays out the memory. `taps` are, for each of `places` resized places, `most` weights (i32), all of them at
 * `weights`; at `spans` the first of the original's places and how many there are (u32 each).
 */

/** Bits behind the point, and one half. */
const precision: i32 = 22;
const half: i32 = 1 << 21;

/** Sums as bytes, in the lowest four of the result. */
function bytesOf(a: v128, b: v128, c: v128, d: v128): v128 {
  return i8x16.narrow_i16x8_u(
    i16x8.narrow_i32x4_s(i32x4.shr_s(a, precision), i32x4.shr_s(b, precision)),
    i16x8.narrow_i32x4_s(i32x4.shr_s(c, precision), i32x4.shr_s(d, precision)),
  );
}

/**
 * Rows made narrower or wider: `rows` rows of three-byte pixels, `fromStride` bytes apart, into `places` pixels each,
 * `intoStride` bytes apart. Four bytes more may be read and one more written than there are.
 */
export function rowwise(
  from: usize,
  fromStride: usize,
  into: usize,
  intoStride: usize,
  rows: u32,
  weights: usize,
  spans: usize,
  most: u32,
  places: u32,
): void {
  for (let row: u32 = 0; row < rows; row++) {
    let pixel = into + row * intoStride;
    const original = from + row * fromStride;
    for (let place: u32 = 0; place < places; place++) {
      const first = load<u32>(spans + place * 8);
      const count = load<u32>(spans + place * 8, 4);
      let weight = weights + place * most * 4;
      let at = original + first * 3;
      let sum = i32x4.splat(half);
      for (const end = weight + count * 4; weight < end; weight += 4, at += 3) {
        const values = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(at)));
        sum = i32x4.add(sum, i32x4.mul(values, v128.load32_splat(weight)));
      }
      v128.store32_lane(pixel, bytesOf(sum, sum, sum, sum), 0);
      pixel += 3;
    }
  }
}

/**
 * Columns made shorter or longer: rows of `bytes` bytes, `fromStride` apart, into `places` rows, `intoStride` apart. Up
 * to fifteen bytes more may be read and written than there are.
 */
export function columnwise(
  from: usize,
  fromStride: usize,
  into: usize,
  intoStride: usize,
  bytes: u32,
  weights: usize,
  spans: usize,
  most: u32,
  places: u32,
): void {
  for (let place: u32 = 0; place < places; place++) {
    const top = from + load<u32>(spans + place * 8) * fromStride;
    const count = load<u32>(spans + place * 8, 4);
    const start = weights + place * most * 4;
    const end = start + count * 4;
    for (let x: u32 = 0; x < bytes; x += 16) {
      let at = top + x;
      let a = i32x4.splat(half);
      let b = a;
      let c = a;
      let d = a;
      for (let weight = start; weight < end; weight += 4, at += fromStride) {
        const values = v128.load(at);
        const low = i16x8.extend_low_i8x16_u(values);
        const high = i16x8.extend_high_i8x16_u(values);
        const w = v128.load32_splat(weight);
        a = i32x4.add(a, i32x4.mul(i32x4.extend_low_i16x8_u(low), w));
        b = i32x4.add(b, i32x4.mul(i32x4.extend_high_i16x8_u(low), w));
        c = i32x4.add(c, i32x4.mul(i32x4.extend_low_i16x8_u(high), w));
        d = i32x4.add(d, i32x4.mul(i32x4.extend_high_i16x8_u(high), w));
      }
      v128.store(into + place * intoStride + x, bytesOf(a, b, c, d));
    }
  }
}
