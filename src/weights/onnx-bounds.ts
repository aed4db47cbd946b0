import protobuf from 'protobufjs/light.js';

/** A ResNet152 has 516 nodes. */
const maxNodes = 20_000;
/** Of fields and lists of integers, weights that are written as numbers or bytes aside. A full graph of nodes has half as many. */
const maxEntries = 1_000_000;
/** Of everything but the weights: nodes, names, shapes. */
const maxGraphBytes = 32 * 2 ** 20;

/**
 * Of an ONNX file what is too much of it, in words; undefined if nothing is. To be asked before anything is decoded, for
 * decoded a small message takes many times its bytes. Throws a RangeError where a message ends beyond what it is in.
 */
export function excessOf(
  bytes: Uint8Array,
  model: protobuf.Type,
): { readonly expected: string; readonly found: string } | undefined {
  const reader = protobuf.Reader.create(bytes);
  let [nodes, entries, weights] = [0, 0, 0];
  const count = (message: protobuf.Type, end: number): void => {
    while (reader.pos < end) {
      const tag = reader.uint32();
      const [id, wire] = [tag >>> 3, tag & 7];
      if (wire !== 2) {
        if (wire === 0) entries++;
        reader.skipType(wire);
        continue;
      }
      const length = reader.uint32();
      if (length > end - reader.pos) throw new RangeError(`${length} bytes beyond its end`);
      const field = message.fieldsById[id]?.resolve();
      entries += field && isIntegers(field) ? length : 1;
      if (message.name === 'Graph' && field?.name === 'node') nodes++;
      if (message.name !== 'Tensor' && field?.type === 'Tensor') weights += length;
      if (field?.resolvedType instanceof protobuf.Type) count(field.resolvedType, reader.pos + length);
      else reader.skip(length);
    }
  };
  count(model, bytes.length);
  const rest = bytes.length - weights;
  if (nodes > maxNodes) return { expected: `at most ${maxNodes} nodes`, found: `${nodes}` };
  if (rest > maxGraphBytes)
    return { expected: `at most ${maxGraphBytes} bytes besides its weights`, found: `${rest}` };
  if (entries > maxEntries)
    return { expected: `at most ${maxEntries} fields and integers`, found: `${entries}` };
  return undefined;
}

/** Packed, each of them may be one byte. */
const isIntegers = ({ repeated, type }: protobuf.Field) => repeated && (type === 'int64' || type === 'int32');
