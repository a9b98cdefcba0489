import type { SNSEvent, SNSEventRecord } from 'aws-lambda';
import { type HandlerContext, handlerOf } from './handler';
import { invoke } from './invocation';
import type { Collaborators, ConsumerOptions, IdempotencyMode } from './options';
import type { EventContract } from '../contract';
import { decode } from '../decode';
import type { Delivery } from '../engine/delivery';
import type { Events } from '../engine/processing';

/** A Lambda handler for a topic. */
export type TopicHandler = (event: SNSEvent, context: HandlerContext) => Promise<void>;

/**
 * Makes the handler of a function that an Amazon SNS topic invokes directly. A function behind a queue that is subscribed to the topic is a `queueConsumer`.
 *
 * Each event is done once. What can never be handled goes to the dead-letter queue at first sight, with its reason; what fails, fails the invocation: Lambda tries twice
 * more, and then hands the event to the function's destination for failures.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
 */
export function topicConsumer<const On extends Events, const Emits extends readonly EventContract[] = readonly [], Mode extends IdempotencyMode = 'transaction'>(
  options: ConsumerOptions<On, Emits, Mode>, collaborators: Collaborators = {},
): TopicHandler {
  return handlerOf({ name: 'topicConsumer', kinds: ['sns'], sourceWaits: () => false, sourceCounts: true, groupsStop: false }, options, collaborators,
    async (event: SNSEvent, context, { consumer }) => {
      if (!Array.isArray(event?.Records)) { throw new TypeError('this function handles notifications of an SNS topic; the event has no Records'); }
      await invoke(consumer, event.Records.map(toDelivery), context);
    });
}

function toDelivery({ Sns }: SNSEventRecord): Delivery {
  const body = JSON.stringify(Sns);
  return {
    messageId: Sns.MessageId, body, decode: () => decode(body), receiveCount: 1, correlationId: Sns.MessageAttributes?.correlationId?.Value || Sns.MessageId,
    sentAt: new Date(Date.parse(Sns.Timestamp) || Date.now()),
  };
}
