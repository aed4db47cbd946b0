import { Failure } from '../failure.ts';
import { sizeOf } from '../graph/tensor.ts';
import { elementTypes } from '../onnx-schema.ts';
import { contiguous, decode, formats, type NumberFormat } from './values.ts';

/** Fixed numbers: weights in float32, or whole numbers (shapes, axes, pads) that are exact up to 2^53. */
export interface Constant {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array;
}

/** What protobuf.js makes of a tensor; fields that are not there have their type's empty value. */
export interface RawTensor {
  readonly name: string;
  readonly dims: readonly unknown[];
  readonly dataType: number;
  readonly floatData: readonly number[];
  readonly int32Data: readonly number[];
  readonly int64Data: readonly unknown[];
  readonly doubleData: readonly number[];
  readonly rawData: Uint8Array;
  readonly externalData: readonly { readonly key: string; readonly value: string }[];
  readonly dataLocation: number;
}

/** The bytes of files beside an ONNX file, by their names in it. */
export type External = ReadonlyMap<string, Uint8Array>;

const maxDimensions = 8;

/** More whole numbers than any shape, list of pads or table of indices has that is of use here. */
const maxIntegers = 2 ** 16;

const floating: Readonly<Record<number, NumberFormat>> = {
  [elementTypes.float32]: formats.float32,
  [elementTypes.float16]: formats.float16,
  [elementTypes.float64]: formats.float64,
  [elementTypes.bfloat16]: formats.bfloat16,
};
const integral: Readonly<Record<number, NumberFormat>> = {
  [elementTypes.int32]: formats.int32,
  [elementTypes.int64]: formats.int64,
  [elementTypes.bool]: formats.bool,
};

/** ONNX's number for the place of a tensor whose values are in another file. */
const external = 1;

/** Where in another file the values of a tensor are; undefined of one that has them itself. */
export function placeOf({ externalData, dataLocation }: RawTensor) {
  if (dataLocation !== external) return undefined;
  const entries = new Map(externalData.map(({ key, value }) => [key, value]));
  return {
    location: entries.get('location') ?? '',
    offset: entries.get('offset') ?? '0',
    length: entries.get('length'),
  };
}

/**
 * The numbers of a tensor; undefined where they are of a type, or so many whole ones, that no node of use here can take.
 * Throws a Failure of kind 'checkpoint' when the tensor is not what it claims.
 */
export function constantOf(
  name: string,
  tensor: RawTensor,
  others: External,
  file: string,
): Constant | undefined {
  const shape = tensor.dims.map(whole);
  const isShape = shape.every(length => Number.isSafeInteger(length) && length >= 0);
  if (!isShape || shape.length > maxDimensions || !Number.isSafeInteger(sizeOf(shape)))
    throw damaged(file, `tensor \`${name}\` to have a shape of at most ${maxDimensions} sizes`, `[${shape}]`);
  const isFloat = Object.hasOwn(floating, tensor.dataType);
  const format = (isFloat ? floating : integral)[tensor.dataType];
  if (!format || (!isFloat && sizeOf(shape) > maxIntegers)) return undefined;
  const bytes = bytesOf(name, tensor, sizeOf(shape) * format.bytes, others, file);
  const layout = { offset: 0, shape, strides: contiguous(shape) };
  if (bytes && isFloat) return decode(bytes, format, layout);
  if (bytes) return { shape, data: wholeNumbers(bytes, format) };
  const listed = listOf(tensor, format);
  if (listed.length !== sizeOf(shape))
    throw damaged(file, `${sizeOf(shape)} numbers in tensor \`${name}\``, `${listed.length}`);
  if (format.bytes === 2)
    return decode(new Uint8Array(Uint16Array.from(listed.map(whole)).buffer), format, layout);
  return { shape, data: isFloat ? Float32Array.from(listed as number[]) : Float64Array.from(listed, whole) };
}

/** In which of its lists a tensor without bytes has its numbers; those of 16 bits are in there as whole ones. */
function listOf(tensor: RawTensor, format: NumberFormat): readonly unknown[] {
  if (format === formats.float32) return tensor.floatData;
  if (format === formats.float64) return tensor.doubleData;
  return format === formats.int64 ? tensor.int64Data : tensor.int32Data;
}

/** A tensor's values as bytes; undefined of one that lists them. */
function bytesOf(
  name: string,
  tensor: RawTensor,
  size: number,
  others: External,
  file: string,
): Uint8Array | undefined {
  const place = placeOf(tensor);
  if (!place) {
    if (tensor.rawData.length === 0 && size > 0) return undefined;
    if (tensor.rawData.length !== size)
      throw damaged(file, `${size} bytes in tensor \`${name}\``, `${tensor.rawData.length}`);
    // Of none protobuf.js makes a list.
    return size === 0 ? new Uint8Array(0) : tensor.rawData;
  }
  const [offset, length] = [place.offset, place.length ?? `${size}`].map(digits);
  const all = others.get(place.location);
  if (!all) throw damaged(file, `tensor \`${name}\` in a file beside it`, `\`${place.location}\``);
  if (length !== size) throw damaged(file, `${size} bytes in tensor \`${name}\``, `\`${place.length}\``);
  if (offset === undefined || offset + size > all.length)
    throw damaged(
      file,
      `tensor \`${name}\` to have its ${size} bytes among the ${all.length} of \`${place.location}\``,
      `them from byte \`${place.offset}\``,
    );
  return all.subarray(offset, offset + size);
}

/** A number of bytes as a file writes it: in decimal digits. */
function digits(text: string): number | undefined {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}

function wholeNumbers(bytes: Uint8Array, format: NumberFormat): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float64Array.from({ length: bytes.length / format.bytes }, (_, i) =>
    format.read(view, i * format.bytes),
  );
}

/** int64 comes as a number, or as an object where there is a library for them; beyond 2^53 it is no size of anything. */
export const whole = (value: unknown): number => Number(String(value ?? 0));

export function damaged(file: string, expected: string, found: string): Failure {
  return new Failure(
    'checkpoint',
    `Expected ${file} to be an ONNX file with ${expected}, got ${found}`,
    'The file is damaged or of another format: get it or export it again.',
  );
}
