import type { KinesisStreamBatchResponse, KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import { type HandlerContext, handlerOf } from './handler';
import type { Collaborators, ConsumerOptions, IdempotencyMode } from './options';
import { firstUnhandled } from './stream-answer';
import type { EventContract } from '../contract';
import { textAttribute } from '../dead-letter';
import { decode } from '../decode';
import { decodeKinesis, type KinesisPart } from '../decode-kinesis';
import type { Delivery } from '../engine/delivery';
import type { Events } from '../engine/processing';

/** A Lambda handler for a stream. */
export type StreamHandler = (event: KinesisStreamEvent, context: HandlerContext) => Promise<KinesisStreamBatchResponse>;

/**
 * Makes the handler of an Amazon Kinesis stream. Records that the Kinesis Producer Library has aggregated are taken apart.
 *
 * Each event is done once; events of one partition key are done in their order, those of several keys side by side. What can never be handled goes to the dead-letter queue
 * at first sight, with its reason, so that it does not hold up its shard; what fails stops its own key only, and is tried again from there.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
 */
export function streamConsumer<const On extends Events, const Emits extends readonly EventContract[] = readonly [], Mode extends IdempotencyMode = 'transaction'>(
  options: ConsumerOptions<On, Emits, Mode>, collaborators: Collaborators = {},
): StreamHandler {
  return handlerOf({ name: 'streamConsumer', kinds: ['kinesis'], sourceWaits: () => false, sourceCounts: false, groupsStop: false }, options, collaborators,
    async (event: KinesisStreamEvent, context, { consumer }) => {
      if (!Array.isArray(event?.Records)) { throw new TypeError('this function handles records of a Kinesis stream; the event has no Records'); }
      const records = event.Records.map((record) => ({
        id: record.kinesis.sequenceNumber, deliveries: decodeKinesis(record.kinesis.data).map((part) => toDelivery(record, part)),
      }));
      const outcomes = await consumer.handle(records.flatMap(({ deliveries }) => deliveries), context.getRemainingTimeInMillis());
      return firstUnhandled(records, outcomes);
    });
}

function toDelivery({ kinesis }: KinesisStreamRecord, part: KinesisPart): Delivery {
  const partitionKey = part.partitionKey ?? kinesis.partitionKey;
  const messageId = `${kinesis.sequenceNumber}${part.index === 0 ? '' : `.${part.index}`}`;
  return {
    messageId,
    // what is no text is kept as it came
    body: part.body ?? part.data ?? kinesis.data,
    decode: () => {
      if (part.error) { throw part.error; }
      return decode(part.body);
    },
    // a stream does not say how often it has handed out a record
    receiveCount: 1,
    correlationId: messageId,
    sentAt: new Date(kinesis.approximateArrivalTimestamp * 1000),
    group: partitionKey,
    carried: { attributes: { partitionKey: textAttribute(partitionKey), ...(part.error ? { encoding: textAttribute('base64') } : {}) } },
  };
}
