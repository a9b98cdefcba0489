import { createHash } from 'node:crypto';

/** A protobuf number. */
export function varint(value: number): Buffer {
  return value < 128 ? Buffer.from([value]) : Buffer.concat([Buffer.from([128 + value % 128]), varint(Math.floor(value / 128))]);
}

/** A protobuf field that counts. */
export const counted = (number: number, value: number) => Buffer.concat([varint(number * 8), varint(value)]);

/** A protobuf field that has a length. */
export function long(number: number, content: Buffer | string): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

/** One record of an aggregate. */
export const record = (partitionKeyIndex: number, data: Buffer | string) => long(3, Buffer.concat([counted(1, partitionKeyIndex), long(3, data)]));

/** Puts the fields of an `AggregatedRecord` between magic number and checksum, as the Kinesis Producer Library does. */
export function sealed(...fields: readonly Buffer[]): Buffer {
  const message = Buffer.concat(fields);
  return Buffer.concat([Buffer.from('f3899ac2', 'hex'), message, createHash('md5').update(message).digest()]);
}

/** What the Kinesis Producer Library makes of several texts with one partition key. */
export const aggregateOf = (texts: readonly string[]) => sealed(long(1, 'key'), ...texts.map((each) => record(0, each)));
