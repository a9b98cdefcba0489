import { createHash } from 'node:crypto';
import { Poison } from './errors';

/**
 * One of the texts that a Kinesis record holds, or why it cannot be read.
 *
 * Each part has a fate of its own: what is wrong with one says nothing of the others of its record.
 */
export type KinesisPart = ReadPart | UnreadPart;

interface Place {
  /** The part's place in its record, from 0: what a producer or consumer library calls the sub-sequence number. */
  readonly index: number;
  /** What the part was sent with. A record that is no aggregate says it itself. */
  readonly partitionKey?: string;
}

interface ReadPart extends Place {
  readonly body: string;
  readonly error?: never;
}

interface UnreadPart extends Place {
  readonly error: Poison;
  /** Its bytes in base64, where its bounds are known. */
  readonly data?: string;
  readonly body?: never;
}

const magic = Buffer.from([0xf3, 0x89, 0x9a, 0xc2]);
const digestSize = 16;

/**
 * The texts that a Kinesis record holds: several when the Kinesis Producer Library has put several into one. There is always at least one.
 *
 * It never fails: a part that is not UTF-8 has a `Poison` with the reason `NotText`, one that the aggregate describes wrongly `BadAggregate`. An aggregate in
 * which it cannot be told where records begin is one part with `BadAggregate`. What begins like an aggregate but has another checksum is an ordinary record, as
 * it is for the Kinesis Client Library.
 */
export function decodeKinesis(base64: string): readonly KinesisPart[] {
  const bytes = Buffer.from(base64, 'base64');
  const message = messageOf(bytes);
  if (!message) { return [partOf(bytes, { index: 0 })]; }
  try {
    const parts = partsOf(message);
    return parts.length > 0 ? parts : [{ index: 0, error: badAggregate('it is empty') }];
  } catch (error) {
    return [{ index: 0, error: error as Poison }];
  }
}

/** The aggregate between magic number and checksum. */
function messageOf(bytes: Buffer): Buffer | undefined {
  if (!bytes.subarray(0, magic.length).equals(magic) || bytes.length <= magic.length + digestSize) { return undefined; }
  const message = bytes.subarray(magic.length, -digestSize);
  return createHash('md5').update(message).digest().equals(bytes.subarray(-digestSize)) ? message : undefined;
}

/** Reads `AggregatedRecord { repeated string partition_key_table = 1; repeated Record records = 3; }`. Explicit hash keys only chose the shard. */
function partsOf(message: Buffer): readonly KinesisPart[] {
  const fields = [...fieldsOf(message)];
  const keys = fields.filter(({ number }) => number === 1).flatMap(({ bytes }) => bytes ? [bytes.toString()] : []);
  const records = fields.filter(({ number }) => number === 3).flatMap(({ bytes }) => bytes ? [bytes] : []);
  return records.map((record, index) => recordOf(record, keys, index));
}

/** Reads `Record { required uint64 partition_key_index = 1; required bytes data = 3; }`. */
function recordOf(record: Buffer, keys: readonly string[], index: number): KinesisPart {
  try {
    const fields = [...fieldsOf(record)];
    const partitionKey = keys[fields.filter(({ number, value }) => number === 1 && value !== undefined).at(-1)?.value ?? Number.NaN];
    const data = fields.filter(({ number, bytes }) => number === 3 && bytes).at(-1)?.bytes;
    if (partitionKey === undefined) { throw badAggregate(`its record ${index} has no partition key`); }
    if (!data) { throw badAggregate(`its record ${index} has no data`); }
    return partOf(data, { index, partitionKey });
  } catch (error) {
    return { index, error: error as Poison, data: record.toString('base64') };
  }
}

function partOf(bytes: Buffer, place: Place): KinesisPart {
  try {
    return { ...place, body: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { ...place, error: new Poison(`the record (${bytes.length} bytes) is not UTF-8`, { reason: 'NotText' }), data: bytes.toString('base64') };
  }
}

/** A field of a message: the number of what is counted, or the bytes of what has a length. One of a fixed size has neither. */
interface Field {
  readonly number: number;
  readonly value?: number;
  readonly bytes?: Buffer;
}

/** Walks through a protobuf message. */
function* fieldsOf(message: Buffer): Generator<Field> {
  let at = 0;
  while (at < message.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    if (number === 0) { throw badAggregate('a field has no number'); }
    yield { number, ...contentOf(tag % 8) };
  }

  function contentOf(wireType: number): Omit<Field, 'number'> {
    switch (wireType) {
      case 0: return { value: varint() };
      case 1: return skip(8);
      case 2: return { bytes: next(varint()) };
      case 5: return skip(4);
      default: throw badAggregate('a field has an unknown type');
    }
  }

  function next(length: number): Buffer {
    if (length > message.length - at) { throw badAggregate('it ends too early'); }
    at += length;
    return message.subarray(at - length, at);
  }

  function skip(length: number) {
    next(length);
    return {};
  }

  /** Not exact beyond 2^53, where no length and no index is. */
  function varint(): number {
    let value = 0;
    for (let place = 0; place < 10; place++) {
      const byte = next(1)[0]!;
      value += (byte % 128) * 128 ** place;
      if (byte < 128) { return value; }
    }
    throw badAggregate('a number does not end');
  }
}

const badAggregate = (fault: string) => new Poison(`the aggregate of the Kinesis Producer Library is broken: ${fault}`, { reason: 'BadAggregate' });
