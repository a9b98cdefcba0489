import { marshall } from '@aws-sdk/util-dynamodb';
import type { AttributeValue, DynamoDBRecord } from 'aws-lambda';
import fc from 'fast-check';
import { decodeTable } from '../../lambda/decode-table';
import { Poison } from '../../lambda/errors';

type Image = Record<string, AttributeValue>;

const keys: Image = { id: { S: 'a' } };
const old: Image = { id: { S: 'a' }, n: { N: '1' } };
const now: Image = { id: { S: 'a' }, n: { N: '2' } };

const recordOf = (eventName: DynamoDBRecord['eventName'], images: NonNullable<DynamoDBRecord['dynamodb']>): DynamoDBRecord =>
  ({ eventName, dynamodb: { Keys: keys, ...images } });
const read = (image: Image) => decodeTable(recordOf('INSERT', { NewImage: image })).after;

/** The poison that a record is. */
function poison(record: DynamoDBRecord): Poison {
  try { decodeTable(record); } catch (error) { return error as Poison; }
  throw new Error('it was decoded');
}

test('reads what was inserted, modified and removed', () => {
  expect(decodeTable(recordOf('INSERT', { NewImage: now }))).toStrictEqual({ change: 'insert', after: { id: 'a', n: 2 }, keys: { id: 'a' } });
  expect(decodeTable(recordOf('MODIFY', { OldImage: old, NewImage: now })))
    .toStrictEqual({ change: 'modify', before: { id: 'a', n: 1 }, after: { id: 'a', n: 2 }, keys: { id: 'a' } });
  expect(decodeTable(recordOf('REMOVE', { OldImage: old }))).toStrictEqual({ change: 'remove', before: { id: 'a', n: 1 }, keys: { id: 'a' } });
});

test('does without the old image of what was modified', () => {
  expect(decodeTable(recordOf('MODIFY', { NewImage: now }))).toStrictEqual({ change: 'modify', after: { id: 'a', n: 2 }, keys: { id: 'a' } });
});

test.each([
  ['INSERT', { StreamViewType: 'KEYS_ONLY' }, 'the stream (KEYS_ONLY) does not say what the item is'],
  ['MODIFY', { StreamViewType: 'OLD_IMAGE', OldImage: old }, 'the stream (OLD_IMAGE) does not say what the item is'],
  ['REMOVE', { StreamViewType: 'NEW_IMAGE' }, 'the stream (NEW_IMAGE) does not say what the item was'],
  ['REMOVE', {}, 'the stream (of an unknown view type) does not say what the item was'],
] as const)('says of %s with %j what its stream lacks', (eventName, images, fault) => {
  const { reason, message } = poison(recordOf(eventName, images));

  expect(reason).toBe('NoImage');
  expect(message).toBe(`${fault}: set the table's stream view type to NEW_AND_OLD_IMAGES`);
});

test.each([
  ['has no change', { dynamodb: { Keys: keys, NewImage: now } }],
  ['has an unknown change', { eventName: 'toString' as 'INSERT', dynamodb: { Keys: keys, NewImage: now } }],
  ['has no keys', { eventName: 'INSERT', dynamodb: { NewImage: now } }],
  ['is of something else', { eventName: 'INSERT' }],
  ['has an attribute of an unknown type', recordOf('INSERT', { NewImage: { id: { X: 'a' } as unknown as AttributeValue } })],
] as const)('refuses a record that %s', (_what, record) => {
  expect(poison(record).reason).toBe('NotAChange');
});

test('makes of every type what JSON can hold', () => {
  const image: Image = {
    s: { S: '' }, n: { N: '0.5' }, b: { B: 'AQI=' }, yes: { BOOL: true }, no: { BOOL: false }, nothing: { NULL: true },
    ss: { SS: ['a', 'b'] }, ns: { NS: ['1', '12345678901234567890'] }, bs: { BS: ['AQI='] }, l: { L: [{ S: 'a' }, { L: [] }] }, m: { M: { m: { M: {} } } },
  };
  const item = {
    s: '', n: 0.5, b: 'AQI=', yes: true, no: false, nothing: null,
    ss: ['a', 'b'], ns: [1, '12345678901234567890'], bs: ['AQI='], l: ['a', []], m: { m: {} },
  };

  expect(read(image)).toStrictEqual(item);
  expect(JSON.parse(JSON.stringify(read(image)))).toStrictEqual(item);
});

test.each([
  ['0', 0], ['1', 1], ['-1', -1], ['100', 100], ['1E+2', 100], ['0.1', 0.1], ['1.50', 1.5], ['5E-7', 5e-7], ['9007199254740991', 9007199254740991],
  ['1E+21', 1e21], ['1E+125', 1e125], ['1E-130', 1e-130], ['-2.5E-10', -2.5e-10],
])('makes a number of %s', (digits, number) => {
  expect(read({ n: { N: digits } })).toEqual({ n: number });
});

test.each(['9007199254740993', '-9007199254740993', '0.1234567890123456789', '12345678901234567890.5', '99999999999999999999999999999999999999'])(
  'keeps the text of %s, which JavaScript would round', (digits) => {
    expect(read({ n: { N: digits } })).toEqual({ n: digits });
  },
);

test('makes a number of exactly those that come back as they were', () => {
  const doubles = fc.double({ noNaN: true, min: -1e125, max: 1e125 });

  fc.assert(fc.property(doubles, fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), (double, digits) => {
    expect(read({ n: { N: String(double) } })).toEqual({ n: double === 0 ? expect.any(Number) : double });
    expect(read({ n: { N: String(digits) } })).toEqual({ n: String(Number(digits)) === String(digits) ? Number(digits) : String(digits) });
  }));
});

test('gives back plain values that the SDK has written', () => {
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 }, fc.string(), fc.boolean(), fc.constant(null), fc.double({ noNaN: true, min: -1e15, max: 1e15 }).map((number) => number + 0),
      fc.array(tie('value')), fc.dictionary(fc.string(), tie('value'), { noNullPrototype: true }),
    ),
  }));

  fc.assert(fc.property(fc.array(value), (list) => {
    expect(read(marshall({ list }) as Image)).toStrictEqual({ list });
  }));
});

test('gives an item no other prototype, whatever its attributes are called', () => {
  const after = read(JSON.parse('{"__proto__": {"M": {"admin": {"BOOL": true}}}}') as Image)!;

  expect(Object.keys(after)).toEqual(['__proto__']);
  expect(after.admin).toBeUndefined();
});
