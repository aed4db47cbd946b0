import { sizeOf } from '../graph/tensor.ts';
import { parameterCount } from '../nern/predictor/predictor-shapes.ts';
import type { ParameterShapes } from '../optim/parameters.ts';
import { bitReader, bitWriter } from './bits.ts';

/*
 * A predictor as few bytes: tensor after tensor; biases as float32. Of a weight matrix first a bit that says whether
 * zeros are left out; if so, a bit for each weight that says whether it is there; unless weights are float32, the scale
 * of each row as float32; then the weights, float32 or whole multiples of their row's scale.
 */

/** The width of a weight: float32, or a whole number from -(2^(bits - 1) - 1) to 2^(bits - 1) - 1 times a scale. */
export type Bits = 32 | 8 | 6 | 4;

/** The bytes of a predictor whose weights are rounded to `bits` bits, symmetrically by row (meta-compression). */
export function encodePredictor(parameters: Float32Array, shapes: ParameterShapes, bits: Bits): Uint8Array {
  const rows = shapes.reduce((total, [outputs]) => total + outputs!, 0);
  const writer = bitWriter(33 * parameterCount(shapes) + 32 * rows + shapes.length);
  const writeFloat = (value: number) => writer.write(bitsOfFloat(value), 32);
  let start = 0;
  for (const shape of shapes) {
    const values = parameters.subarray(start, start + sizeOf(shape));
    start += values.length;
    if (shape.length === 1) {
      values.forEach(writeFloat);
      continue;
    }
    const columns = shape[1]!;
    const scales = scalesOf(values, columns, bits);
    const steps = Float64Array.from(values, (value, i) =>
      scales ? stepsOf(value, scales[Math.floor(i / columns)]!) : value,
    );
    const zeros = steps.filter(step => step === 0).length;
    const isSparse = zeros * bits > steps.length;
    writer.write(Number(isSparse), 1);
    if (isSparse) for (const step of steps) writer.write(Number(step !== 0), 1);
    scales?.forEach(writeFloat);
    for (const step of steps) {
      if (isSparse && step === 0) continue;
      if (scales) writer.write(step, bits);
      else writeFloat(step);
    }
  }
  return writer.bytes();
}

/** The parameters that `encodePredictor` kept. */
export function decodePredictor(bytes: Uint8Array, shapes: ParameterShapes, bits: Bits): Float32Array {
  const read = bitReader(bytes);
  const readFloat = () => floatOfBits(read(32));
  const parameters = new Float32Array(parameterCount(shapes));
  let at = 0;
  for (const shape of shapes) {
    const size = sizeOf(shape);
    if (shape.length === 1) {
      for (let i = 0; i < size; i++) parameters[at++] = readFloat();
      continue;
    }
    const [rows, columns] = shape as [number, number];
    const isSparse = read(1) === 1;
    const isThere = Uint8Array.from({ length: size }, () => (isSparse ? read(1) : 1));
    const scales = bits === 32 ? undefined : Float32Array.from({ length: rows }, readFloat);
    const readWeight = (row: number) => (scales ? signed(read(bits), bits) * scales[row]! : readFloat());
    for (const [i, there] of isThere.entries()) {
      parameters[at++] = there === 1 ? readWeight(Math.floor(i / columns)) : 0;
    }
  }
  return parameters;
}

/** What each row's steps are worth, so that its largest weight is the largest step; none for float32. */
function scalesOf(values: Float32Array, columns: number, bits: Bits): Float32Array | undefined {
  if (bits === 32) return undefined;
  const largest = 2 ** (bits - 1) - 1;
  return Float32Array.from({ length: values.length / columns }, (_, row) => {
    const weights = values.subarray(row * columns, (row + 1) * columns);
    return weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0) / largest;
  });
}

const stepsOf = (value: number, scale: number) => (scale === 0 ? 0 : Math.round(value / scale));

const signed = (value: number, bits: number) => (value << (32 - bits)) >> (32 - bits);

const view = new DataView(new ArrayBuffer(4));

function bitsOfFloat(value: number): number {
  view.setFloat32(0, value);
  return view.getUint32(0);
}

function floatOfBits(bits: number): number {
  view.setUint32(0, bits);
  return view.getFloat32(0);
}
