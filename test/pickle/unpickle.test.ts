import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unpickle } from '../../src/pickle/unpickle.ts';
import type { PickleValue } from '../../src/pickle/values.ts';
import {
  build,
  bytes3,
  bytestr,
  call,
  dict,
  global,
  integer,
  list,
  none,
  persistent,
  pickle,
  str,
  tuple,
} from '../support/pickle.ts';

const globals = new Set(['collections.OrderedDict', 'torch.Size']);
const options = { file: 'file.pkl', kind: 'data', globals } as const;
const load = (bytes: Uint8Array) => unpickle(bytes, options).value;
/** Python wrote these: pickle.dumps(value, protocol).hex(). */
const hex = (digits: string) => load(Buffer.from(digits, 'hex'));

describe('every protocol gives the same value', () => {
  // {'name': 'é', 'list': [1, -2, 300, 70000, 2**40, -2**70], 'tuple': (None, True, False, 1.5)}
  const value = new Map<string, PickleValue>([
    ['name', 'é'],
    ['list', [1, -2, 300, 70_000, 2 ** 40, -(2n ** 70n)]],
    ['tuple', [null, true, false, 1.5]],
  ]);
  test.each([
    [
      0,
      '286470300a566e616d650a70310a56e90a70320a73566c6973740a70330a286c70340a49310a61492d320a61493330300a614937303030300a614c313039393531313632373737364c0a614c2d313138303539313632303731373431313330333432344c0a6173567475706c650a70350a284e4930310a4930300a46312e350a7470360a732e',
    ],
    [
      1,
      '7d71002858040000006e616d6571015802000000c3a9710258040000006c69737471035d7104284b014afeffffff4d2c014a701101004c313039393531313632373737364c0a4c2d313138303539313632303731373431313330333432344c0a6558050000007475706c657105284e4930310a4930300a473ff8000000000000747106752e',
    ],
    [
      2,
      '80027d71002858040000006e616d6571015802000000c3a9710258040000006c69737471035d7104284b014afeffffff4d2c014a701101008a060000000000018a090000000000000000c06558050000007475706c657105284e8889473ff8000000000000747106752e',
    ],
    [
      3,
      '80037d71002858040000006e616d6571015802000000c3a9710258040000006c69737471035d7104284b014afeffffff4d2c014a701101008a060000000000018a090000000000000000c06558050000007475706c657105284e8889473ff8000000000000747106752e',
    ],
    [
      4,
      '80049555000000000000007d94288c046e616d65948c02c3a9948c046c697374945d94284b014afeffffff4d2c014a701101008a060000000000018a090000000000000000c0658c057475706c6594284e8889473ff80000000000007494752e',
    ],
    [
      5,
      '80059555000000000000007d94288c046e616d65948c02c3a9948c046c697374945d94284b014afeffffff4d2c014a701101008a060000000000018a090000000000000000c0658c057475706c6594284e8889473ff80000000000007494752e',
    ],
  ])('protocol %i', (_, digits) => {
    expect(hex(digits)).toEqual(value);
  });
});

test('text of protocol 0 is unescaped', () => {
  // pickle.dumps('a\\b\nc\u20ac😀', 0)
  expect(
    load(Buffer.from('56615c7530303563625c7530303061635c75323061635c5530303031663630300a70300a2e', 'hex')),
  ).toBe('a\\b\nc\u20ac😀');
  expect(() => load(Buffer.from('V\\Uffffffff\n.'))).toThrow('a character of Unicode');
});

test('several pickles in a row are read one after the other', () => {
  const both = Buffer.concat([pickle(integer(1)), pickle(integer(2))]);
  const first = unpickle(both, options);
  expect(first.value).toBe(1);
  expect(unpickle(both, { ...options, start: first.end })).toMatchObject({ value: 2, end: both.length });
});

test('strings of Python 2 keep their bytes, bytes of Python 3 are a view', () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  expect(Buffer.from(load(pickle(bytestr(bytes))) as string, 'latin1').equals(bytes)).toBe(true);
  expect(Buffer.from(load(pickle(bytes3(bytes), 3)) as Uint8Array).equals(bytes)).toBe(true);
});

test('calls of known names are recorded, not made; an OrderedDict is a map without its attributes', () => {
  const ordered = call(global('collections', 'OrderedDict'), list(list(str('a'), integer(1))));
  expect(load(pickle(build(ordered, dict([str('_metadata'), none]))))).toEqual(new Map([['a', 1]]));
  const size = build(call(global('torch', 'Size'), tuple(integer(2))), integer(7));
  expect(load(pickle(size))).toEqual({ type: 'call', name: 'torch.Size', args: [[2]], state: 7 });
});

test('persistent ids are listed', () => {
  const { value, persistent: ids } = unpickle(
    pickle(list(persistent(str('x')), persistent(str('y')))),
    options,
  );
  expect(ids.map(({ id }) => id)).toEqual(['x', 'y']);
  expect(value).toEqual(ids);
});

describe('code is refused by its name, and not run', () => {
  const harmless = 'import os; os.environ["NERN_PICKLE_RAN"] = "1"';
  test.each([
    ['os.system', pickle(call(global('os', 'system'), str('true')))],
    ['posix.system', pickle(call(global('posix', 'system'), str('true')))],
    ['builtins.eval', pickle(call(global('builtins', 'eval'), str(harmless)))],
    ['__builtin__.getattr', pickle(global('__builtin__', 'getattr'))],
    ['collections.OrderedDict.__class__', pickle(global('collections', 'OrderedDict.__class__'))],
    ['torch.hub.load', pickle(global('torch', 'hub.load'))],
    ['constructor.constructor', pickle(global('constructor', 'constructor'))],
    // STACK_GLOBAL, INST and OBJ are other ways to say it.
    ['os.system', pickle(Buffer.concat([str('os'), str('system'), Buffer.of(0x93)]), 4)],
    ['os.system', pickle(Buffer.from('(Vtrue\nios\nsystem\n'))],
    ['os.system', pickle(Buffer.from('(cos\nsystem\nVtrue\no'))],
  ])('%s', (name, bytes) => {
    expect(() => load(bytes)).toThrow(`the Python name \`${name}\``);
    expect(() => load(bytes)).toThrow(/at byte \d+ of file\.pkl/);
  });

  test('a call of something that is no function', () => {
    expect(() => load(pickle(call(str('eval'), str('1'))))).toThrow('a known function at byte');
  });

  test('the extension registry, and instructions that do not exist', () => {
    expect(() => hex('800282012e')).toThrow('a known instruction at byte 2 of file.pkl, got 0x82');
    expect(() => hex('8002ff2e')).toThrow('got 0xff');
    expect(() => hex('80062e')).toThrow('a pickle of protocol 0 to 5');
  });
});

describe('limits', () => {
  test.each<[string, Buffer, string]>([
    ['a string longer than the file', pickle(Buffer.from('58ffffffff', 'hex')), 'a string of at most'],
    ['a string longer than what is left', pickle(Buffer.from('58ffff0000', 'hex')), '65535 more bytes'],
    ['a string of negative length', pickle(Buffer.from('54ffffffff', 'hex')), '-1 more bytes'],
    ['a string of 2^63 bytes', pickle(Buffer.from('8effffffffffffff7f', 'hex'), 4), 'a string of at most'],
    ['an integer of 2^31 bytes', pickle(Buffer.from('8bffffff7f', 'hex')), 'an integer of at most 64 bytes'],
    [
      'an endless line',
      pickle(Buffer.concat([Buffer.from('I'), Buffer.alloc(5_000, 0x31)])),
      'a line of at most',
    ],
    ['a deep stack', Buffer.alloc(200_000, 0x4e), 'values on the stack'],
    ['many marks', Buffer.alloc(200_000, 0x28), 'values on the stack'],
    [
      'many instructions',
      Buffer.alloc(6_000_000, Buffer.from('4e30', 'hex')),
      'at most 5000000 instructions',
    ],
    [
      'many remembered values',
      Buffer.concat([Buffer.of(0x4e), Buffer.alloc(1_000_001, 0x94)]),
      'remembered values',
    ],
    ['a key that was never remembered', pickle(Buffer.from('6807', 'hex')), 'the unknown key 7'],
    ['a stop with an empty stack', pickle(Buffer.alloc(0)), 'a value on the stack'],
    ['a list end without its mark', pickle(Buffer.from('5d65', 'hex')), 'a mark on the stack'],
    ['no UTF-8', pickle(Buffer.from('5801000000ff', 'hex')), 'UTF-8 text'],
    ['a key without its value', pickle(Buffer.from('7d284e75', 'hex')), 'pairs of key and value'],
    ['items for something that is no list', pickle(Buffer.from('4e4e61', 'hex')), 'a list at byte'],
  ])('%s', (_, bytes, message) => {
    expect(() => load(bytes)).toThrow(message);
  });

  test('remembered pairs cannot be unfolded over and over', () => {
    const pairs = list(...Array.from({ length: 1_000 }, () => tuple(none, none)));
    const unfold = Buffer.concat([global('collections', 'OrderedDict'), Buffer.from('6800855230', 'hex')]);
    const bytes = pickle(Buffer.concat([pairs, Buffer.from('7100', 'hex'), ...Array(6_000).fill(unfold)]));
    expect(() => load(bytes)).toThrow('at most 5000000 instructions');
  });
});

test('whatever the bytes, the outcome is a value or a failure that names the file', () => {
  const opcodes = fc.constantFrom(
    ...Buffer.from(
      '()*.012FIJKLMNPQRSTUVXabcdeghijlopqrstu}]BCG\x80\x81\x85\x86\x87\x88\x89\x8a\x8c\x94\x93',
      'latin1',
    ),
  );
  const bytes = fc.array(fc.oneof({ weight: 4, arbitrary: opcodes }, fc.nat({ max: 255 })), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(bytes, given => {
      try {
        load(Uint8Array.from(given));
      } catch (error) {
        expect(error).toMatchObject({
          name: 'Failure',
          kind: 'data',
          message: expect.stringContaining('file.pkl'),
        });
      }
    }),
    { numRuns: 5_000 },
  );
});
