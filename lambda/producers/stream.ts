import { KinesisClient, PutRecordsCommand, type PutRecordsRequestEntry } from '@aws-sdk/client-kinesis';
import type { EventContract } from '../contract';
import { answersByPlace } from './answers';
import { impatient } from './connection';
import { deliver } from './deliver';
import type { Destination, OutgoingOf, Patience, Published } from './destination';
import { partitionKey } from './group';

/** A Kinesis stream to write to. */
export interface StreamDestination extends Patience {
  /** Its name or ARN. */
  readonly stream: string;

  /**
   * The stream's maximum record size, in bytes.
   *
   * @default 1048576
   */
  readonly maxBytes?: number;

  /** @default - one for the whole process */
  readonly client?: KinesisClient;
}

const sizeByDefault = 1024 * 1024;
const largestSize = 10 * 1024 * 1024; // of a record, and of all of a request together

let shared: KinesisClient | undefined;
const sharedClient = () => shared ??= new KinesisClient(impatient);

/**
 * Writes events to a stream; resolves when all are accepted, with their ids in the order given.
 *
 * The record is the event in its envelope, the partition key its key. No request holds two events of one key: the service goes on behind a record that fails, so the
 * second would overtake the first.
 *
 * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
 * @see https://docs.aws.amazon.com/streams/latest/dev/large-records.html
 */
export function putRecords<Contracts extends readonly EventContract[]>(events: OutgoingOf<Contracts>, to: StreamDestination): Promise<Published[]> {
  return deliver(events, () => streamDestination(to), to);
}

function streamDestination({ stream, maxBytes = sizeByDefault, client }: StreamDestination): Destination<PutRecordsRequestEntry> {
  const bytes = Math.min(maxBytes, largestSize);
  return {
    request: { entries: 500, bytes: largestSize },
    event: {
      bytes,
      cure: `${bytes < largestSize ? 'raise the stream\'s maximum record size and name it as maxBytes, or ' : ''}put the large part into a bucket and its key into the event`,
    },
    fit: ({ metadata: { idempotencyKey } }, text) => {
      const [Data, PartitionKey] = [Buffer.from(text), partitionKey(idempotencyKey)];
      return { entry: { Data, PartitionKey }, bytes: Data.length + Buffer.byteLength(PartitionKey), lane: PartitionKey };
    },
    send: async (entries, options) => {
      const { Records = [] } = await (client ?? sharedClient()).send(new PutRecordsCommand({
        ...(stream.startsWith('arn:') ? { StreamARN: stream } : { StreamName: stream }), Records: [...entries],
      }), options);
      return answersByPlace(entries.length, Records.map(({ SequenceNumber, ...result }) => ({ ...result, id: SequenceNumber })));
    },
  };
}
