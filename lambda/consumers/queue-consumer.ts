import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { type HandlerContext, handlerOf } from './handler';
import type { Collaborators, ConsumerOptions, IdempotencyMode } from './options';
import type { EventContract } from '../contract';
import { carriedBy, correlationIdIn, earlierLetter } from '../dead-letter';
import { decode } from '../decode';
import type { Delivery, Outcome } from '../engine/delivery';
import type { Events } from '../engine/processing';
import type { ConsumerSource } from '../environment';
import { delayRedelivery } from '../visibility';

/** What a queue consumer handles, and how. */
export type QueueConsumerOptions<On extends Events, Emits extends readonly EventContract[] = readonly [], Mode extends IdempotencyMode = 'transaction'> =
  ConsumerOptions<On, Emits, Mode> & {
    /**
     * What a poisoned message means for those behind it in its FIFO group: `continue` handles them without it; `park` sets them aside behind it, in order, until it
     * has come back from the dead-letter queue and is handled.
     * @default 'continue'
     */
    readonly onGroupPoison?: 'continue' | 'park';
  };

/** A Lambda handler for a queue. */
export type QueueHandler = (event: SQSEvent, context: HandlerContext) => Promise<SQSBatchResponse>;

/**
 * Makes the handler of a queue, standard or FIFO, such as that of a `PointToPointQueue`. The messages hold the event as its producer sent it, or wrapped by Amazon SNS
 * or Amazon EventBridge.
 *
 * Each event is done once, however often its message comes. What can never be handled goes to the dead-letter queue at first sight,
 * with its reason; what fails is tried again after a growing pause; one message never decides over another, but for the order of a FIFO group.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function queueConsumer<const On extends Events, const Emits extends readonly EventContract[] = readonly [], Mode extends IdempotencyMode = 'transaction'>(
  options: QueueConsumerOptions<On, Emits, Mode>, collaborators: Collaborators = {},
): QueueHandler {
  return handlerOf({
    name: 'queueConsumer',
    kinds: ['sqs'],
    sourceWaits: ({ fifo = false }: ConsumerSource & { kind: 'sqs' }) => !fifo,
    sourceCounts: true,
    groupsStop: options.onGroupPoison === 'park',
  }, options, collaborators, async (event: SQSEvent, context, { consumer, environment, sqs, log }) => {
    if (!Array.isArray(event?.Records)) { throw new TypeError('this function handles messages of an SQS queue; the event has no Records'); }
    const { url, fifo = false } = environment.source;
    const received = event.Records.map((record) => ({ record, delivery: toDelivery(record, fifo) }));
    const outcomes = await consumer.handle(received.map(({ delivery }) => delivery), context.getRemainingTimeInMillis());
    const again = received.flatMap(({ record, delivery }) => {
      // a delivery without an outcome would be deleted unhandled if it were not named here
      const outcome: Outcome = outcomes.get(delivery) ?? { kind: 'again', delaySeconds: undefined };
      return outcome.kind === 'again' ? [{ record, delaySeconds: outcome.delaySeconds }] : [];
    });
    await delayRedelivery(sqs, url, again, log);
    return { batchItemFailures: again.map(({ record }) => ({ itemIdentifier: record.messageId })) };
  });
}

function toDelivery({ messageId, body, attributes, messageAttributes }: SQSRecord, fifo: boolean): Delivery {
  // the service always sets these; an event that somebody wrote by hand for a test may not have them
  const { ApproximateReceiveCount, SentTimestamp, MessageGroupId } = attributes ?? {};
  const returnedAfter = earlierLetter(messageAttributes)?.reason;
  return {
    messageId,
    body,
    decode: () => decode(body),
    receiveCount: Number(ApproximateReceiveCount) || 1,
    correlationId: correlationIdIn(messageAttributes) ?? messageId,
    sentAt: new Date(Number(SentTimestamp) || Date.now()),
    carried: carriedBy(messageAttributes, attributes),
    ...(fifo && MessageGroupId ? { group: MessageGroupId } : {}),
    ...(returnedAfter === undefined ? {} : { returnedAfter }),
  };
}
