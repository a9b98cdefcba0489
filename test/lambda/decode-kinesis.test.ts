import { aggregateOf, counted, long, record, sealed, varint } from './kinesis-aggregate';
import { decodeKinesis, type KinesisPart } from '../../lambda/decode-kinesis';

const partsOf = (data: Buffer | string) => decodeKinesis(Buffer.from(data).toString('base64'));
const reasons = (parts: readonly KinesisPart[]) => parts.map(({ error }) => error?.reason);
const faultOf = (data: Buffer) => {
  const parts = partsOf(data);
  expect(parts).toHaveLength(1);
  return parts[0]!.error!.message.replace('the aggregate of the Kinesis Producer Library is broken: ', '');
};

test('reads an ordinary record', () => {
  expect(partsOf('{"name": "Zoë 😀"}')).toEqual([{ index: 0, body: '{"name": "Zoë 😀"}' }]);
});

test.each([['nothing', ''], ['less than a magic number', 'ab']])('reads a record of %s', (_what, text) => {
  expect(partsOf(text)).toEqual([{ index: 0, body: text }]);
});

test.each([['a byte that is in no text', 'ff'], ['half a character', '61c3'], ['an overlong character', 'c0af'], ['a surrogate', 'eda080']])(
  'says that %s is no text', (_what, hex) => {
    const [part, ...others] = partsOf(Buffer.from(hex, 'hex'));

    expect(part).toMatchObject({ index: 0, error: { reason: 'NotText', message: `the record (${hex.length / 2} bytes) is not UTF-8` } });
    expect(others).toEqual([]);
  },
);

test('reads an aggregate that another implementation has made', () => {
  const bytes = 'f3899ac2' + '0a0d706172746974696f6e5f6b6579' + '1a0808001a0464617461' + 'd03699da5a222fa32108ad1bd955a14e';

  expect(partsOf(Buffer.from(bytes, 'hex'))).toEqual([{ index: 0, partitionKey: 'partition_key', body: 'data' }]);
});

test('reads several records with several keys, some of them long, in their order', () => {
  const long300 = 'é'.repeat(150);
  const keys = Array.from({ length: 200 }, (_, index) => long(1, `key ${index}`));

  expect(partsOf(sealed(...keys, record(199, 'a'), record(0, long300), record(199, '')))).toEqual([
    { index: 0, partitionKey: 'key 199', body: 'a' },
    { index: 1, partitionKey: 'key 0', body: long300 },
    { index: 2, partitionKey: 'key 199', body: '' },
  ]);
});

test('reads past explicit hash keys, tags, and fields of every type that it does not know', () => {
  const fixed = [Buffer.concat([varint(9 * 8 + 1), Buffer.alloc(8)]), Buffer.concat([varint(10 * 8 + 5), Buffer.alloc(4)])];
  const data = Buffer.concat([counted(2, 0), counted(1, 0), long(4, long(1, 'tag')), ...fixed, counted(3, 7), long(1, 'no number'), long(3, 'a')]);

  expect(partsOf(sealed(long(3, data), long(2, '123456789'), counted(1, 5), ...fixed, long(99, 'later'), long(1, 'key'))))
    .toEqual([{ index: 0, partitionKey: 'key', body: 'a' }]);
});

test('reads what its producer said last of what can be said once', () => {
  expect(partsOf(sealed(long(1, 'a'), long(1, 'b'), long(3, Buffer.concat([counted(1, 0), long(3, 'old'), long(3, 'new'), counted(1, 1)])))))
    .toEqual([{ index: 0, partitionKey: 'b', body: 'new' }]);
});

test('takes a record with another checksum for an ordinary one, which is no text', () => {
  for (const at of [4, 10, -1]) {
    const bytes = aggregateOf(['a', 'b']);
    bytes.writeUInt8(255 - bytes.at(at)!, at < 0 ? bytes.length + at : at);

    expect(reasons(partsOf(bytes))).toEqual(['NotText']);
  }
});

test('takes a magic number with nothing but a checksum for an ordinary record, as the Kinesis Client Library does', () => {
  expect(reasons(partsOf(sealed()))).toEqual(['NotText']);
});

test('reads the good records of an aggregate beside those that are broken', () => {
  const parts = partsOf(sealed(
    long(1, 'key'),
    record(0, 'a'),
    record(0, Buffer.from('ff', 'hex')),
    record(1, 'no such key'),
    long(3, counted(1, 0)),
    long(3, Buffer.concat([counted(1, 0), varint(3 * 8 + 2), varint(50)])),
    record(0, 'b'),
  ));

  expect(parts.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(parts.map(({ body }) => body)).toEqual(['a', undefined, undefined, undefined, undefined, 'b']);
  expect(reasons(parts)).toEqual([undefined, 'NotText', 'BadAggregate', 'BadAggregate', 'BadAggregate', undefined]);
  expect(parts[1]!.partitionKey).toBe('key');
});

test.each([
  ['it is empty', long(1, 'key')],
  ['it ends too early', Buffer.concat([record(0, 'a'), varint(3 * 8 + 2), varint(2 ** 40), Buffer.from('a')])],
  ['it ends too early', Buffer.concat([record(0, 'a'), Buffer.from([0x80])])],
  ['it ends too early', Buffer.concat([varint(9 * 8 + 1), Buffer.alloc(7)])],
  ['a field has no number', Buffer.from([2, 0])],
  ['a field has an unknown type', Buffer.from([3 * 8 + 3])],
  ['a number does not end', Buffer.alloc(11, 0xff)],
])('says of an aggregate that %s', (fault, message) => {
  expect(faultOf(sealed(message))).toBe(fault);
});
