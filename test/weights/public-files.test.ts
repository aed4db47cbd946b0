import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { readCheckpoint } from '../../src/weights/checkpoint.ts';

/* Files that PyTorch wrote: bench/peers/checkpoints_reference.py. */

const folder = fileURLToPath(new URL('../fixtures/checkpoints', import.meta.url));
const expected: Record<string, { shape: number[]; data: number[] }> = JSON.parse(
  readFileSync(join(folder, 'expected.json'), 'utf8'),
);
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));
const failureOf = (file: string, key?: string): Promise<Failure> =>
  readCheckpoint(join(folder, file), key).then(
    () => {
      throw new Error(`Expected ${file} to be refused`);
    },
    error => {
      if (error instanceof Failure) return error;
      throw error;
    },
  );

async function read(file: string, key?: string) {
  const { tensors } = await readCheckpoint(join(folder, file), key);
  return Object.fromEntries(
    [...tensors].map(([name, { shape, data }]) => [name, { shape: plain(shape), data: [...data] }]),
  );
}

const asFloats = Object.fromEntries(
  Object.entries(expected).map(([name, { shape, data }]) => [
    name,
    { shape, data: [...Float32Array.from(data)] },
  ]),
);

describe('what the safe loader of PyTorch takes', () => {
  test.each(readdirSync(join(folder, 'kept')))('%s is read as PyTorch reads it', async file => {
    expect(await read(join('kept', file))).toEqual(asFloats);
  });
});

describe('files without plain numbers are told for what they are', () => {
  const told: Record<string, [message: string, hint: string]> = {
    quantised: ['got a quantised one', 't.dequantize()'],
    'quantised-channels': ['got a quantised one', 't.dequantize()'],
    sparse: ['got a sparse one', 't.to_dense()'],
    'sparse-rows': ['got a sparse one', 't.to_dense()'],
    complex: ['got one of complex numbers (complex64)', 't.real'],
    'complex-half': ['got one of complex numbers (complex32)', 't.real'],
    float8: ['got one of float8_e4m3fn', 't.float()'],
    'float8-e5m2': ['got one of float8_e5m2', 't.float()'],
    meta: ['got one without values', 'whose weights were loaded'],
    'no-tensors': ['found none; its keys are: epoch, best_acc, `7`', 'torch.save(model.state_dict(), FILE)'],
    list: ['a state dict, got a list', 'save it again'],
    tensor: ['a state dict, got a tensor', 'save it again'],
    script: ['got a TorchScript program', 'torch.jit.load(FILE).state_dict()'],
    arrays: ['got an archive of numpy arrays', 'torch.save'],
    module: ['the Python name `torch.nn.modules.conv.Conv2d`', 'save its state dict'],
  };
  const files = readdirSync(join(folder, 'refused'));
  expect(new Set(files.map(file => file.split('.')[0]))).toEqual(new Set(Object.keys(told)));

  test.each(files)('%s', async file => {
    const { kind, message, hint } = await failureOf(join('refused', file));
    const [what, how] = told[file.split('.')[0]!]!;
    expect(kind).toBe('checkpoint');
    expect(message).toContain(what);
    expect(hint).toContain(how);
    expect(message + hint).not.toContain('run code');
  });
});

describe.each(['pt', 'legacy.pt'])('of several state dicts (%s)', suffix => {
  test.each([
    ['student-teacher', ['student', 'teacher'], 'student'],
    ['average', ['state_dict', 'state_dict_ema'], 'state_dict_ema'],
    ['dotted', ['nets.net.a', 'nets.net.b'], 'nets.net.a'],
  ])('%s asks which, and takes the one that `key` names', async (name, keys, own) => {
    const file = join('keyed', `${name}.${suffix}`);
    const { message, hint } = await failureOf(file);
    expect(message).toContain(`to hold one state dict, found 2: ${keys.join(', ')}`);
    expect(hint).toContain(`\`key: ${keys[0]}\``);
    expect(await read(file, own)).toEqual(asFloats);
    const other = keys.find(key => key !== own)!;
    expect(await read(file, other)).not.toEqual(asFloats);
  });

  test('a key that leads nowhere names those that do', async () => {
    const { message, hint } = await failureOf(join('keyed', `student-teacher.${suffix}`), 'tutor');
    expect(message).toMatch(/^Expected `key: tutor` to lead to a state dict in .*, got nothing$/);
    expect(hint).toBe('There are tensors in: student, teacher.');
  });
});
