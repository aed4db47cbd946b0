import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { type NernFile, readNern, shapesOf, sizesOf, writeNern } from '../../src/format/nern-file.ts';
import { parameterCount } from '../../src/nern/predictor/predictor-shapes.ts';
import { writeSafetensors } from '../../src/weights/safetensors.ts';
import { sample } from './sample.ts';

const whole = writeNern(sample);

/** The file, or the failure; anything else that is thrown is a bug. */
function outcome(bytes: Uint8Array): NernFile | Failure {
  try {
    return readNern(bytes, 'damaged.nern');
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

/** The file with another header. */
const withHeader = (changes: object) => {
  const json = JSON.stringify({ ...sample.header, ...changes });
  return writeSafetensors(new Map(), { format: 'nern', version: '1', header: json });
};

describe('a .nern file', () => {
  it('is read back', () => {
    expect(readNern(whole, 'file')).toEqual(sample);
  });

  it('holds what the paper counts, and its header', () => {
    const { predictor, permutation, header } = sizesOf(sample.header, whole.length);
    expect(predictor).toBe(4 * parameterCount(shapesOf(sample.header)));
    expect(permutation).toBe(Math.ceil((12 * Math.log2(12)) / 8) + Math.ceil((20 * Math.log2(20)) / 8));
    expect(predictor + permutation + header).toBe(whole.length);
    const [length] = new BigUint64Array(whole.slice(0, 8).buffer);
    expect(header).toBe(8 + Number(length));
  });

  it('without permutation has no bytes of one', () => {
    const { header, parameters } = sample;
    const plain: NernFile = {
      header: { ...header, permutation: 'none' },
      parameters,
      permutations: [{ mode: 'none' }, { mode: 'none' }],
    };
    const bytes = writeNern(plain);
    expect(sizesOf(plain.header, bytes.length).permutation).toBe(0);
    expect(readNern(bytes, 'file')).toEqual(plain);
  });
});

describe('a damaged .nern file', () => {
  it('that is cut short anywhere is a failure', () => {
    for (let length = 0; length < whole.length; length++) {
      expect(outcome(whole.slice(0, length))).toBeInstanceOf(Failure);
    }
  });

  it('with any bytes changed is a failure or another file of the same size', () => {
    const edits = fc.array(fc.tuple(fc.nat({ max: whole.length - 1 }), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(edits, changes => {
        const bytes = whole.slice();
        for (const [at, value] of changes) bytes[at] = value;
        const result = outcome(bytes);
        if (result instanceof Failure) expect(result.message).toContain('damaged.nern');
        else expect(result.parameters).toHaveLength(sample.parameters.length);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    [
      'a version to come',
      { format: 'nern', version: '2', header: '{}' },
      /of version 1 of the format, got `2`/,
    ],
    ['another format', { format: 'pt' }, /to be a \.nern file, found no such format/],
    ['no JSON', { format: 'nern', version: '1', header: '{' }, /a header in JSON/],
    ['no header', { format: 'nern', version: '1' }, /a header in JSON/],
    ['a list as header', { format: 'nern', version: '1', header: '[]' }, /must be object/],
  ] as [string, Record<string, string>, RegExp][])('with %s says so', (_, metadata, message) => {
    expect((outcome(writeSafetensors(new Map(), metadata)) as Failure).message).toMatch(message);
  });

  it.each([
    ['a layer of petabytes', { layers: [['a', [1e6, 1e6, 999, 999]]] }, /at most 268435456 parameters/],
    ['ten thousand levels', { predictor: embedded({ levels: 10_000 }) }, /levels must be <= 1024/],
    [
      'an embedding of gigabytes',
      { layers: [['a', [1e6, 1, 1, 1]]], predictor: embedded({ levels: 1024 }) },
      /parameters/,
    ],
    ['kernels that are no squares', { layers: [['a', [2, 2, 3, 1]]] }, /square kernels/],
    [
      'a centre between values',
      {
        layers: [
          ['a', [2, 2, 3, 3]],
          ['b', [2, 2, 2, 2]],
        ],
      },
      /all even or all odd/,
    ],
    [
      'a name twice',
      {
        layers: [
          ['a', [2, 2, 3, 3]],
          ['a', [2, 2, 3, 3]],
        ],
      },
      /one name twice/,
    ],
    ['an unknown key', { code: 'rm -rf' }, /must NOT have additional properties/],
    ['an unknown permutation', { permutation: 'sorted' }, /permutation must be equal to one of/],
    [
      'an endless predictor',
      { predictor: { ...sample.header.predictor, layers: 1e9 } },
      /layers must be <= 64/,
    ],
    ['no tensors', {}, /float32 \[6,12\] as tensor layers\.0\.weight, got none/],
  ] as [string, object, RegExp][])('whose header asks for %s is refused', (_, changes, message) => {
    const result = outcome(withHeader(changes));
    expect(result).toBeInstanceOf(Failure);
    expect((result as Failure).kind).toBe('checkpoint');
    expect((result as Failure).message).toMatch(message);
  });
});

function embedded(changes: object) {
  const { predictor } = sample.header;
  return { ...predictor, embedding: { ...predictor.embedding, ...changes } };
}
