import { Logger } from '@aws-lambda-powertools/logger';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { EventContract, OutputOf, StandardSchema } from './contract';
import { correlationIdOf, SqsDeadLetters } from './dead-letter';
import { Consumer, type Process } from './engine/consumer';
import type { Delivery, Outcome } from './engine/delivery';
import { type ConsumerEnvironment, readConsumerEnvironment } from './environment';
import { DynamoDBStore } from './store/dynamodb-store';
import type { IdempotencyStore } from './store/idempotency-store';
import { delayRedelivery } from './visibility';

/** What a queue consumer handles, and how. */
export interface QueueConsumerOptions<Schema extends StandardSchema> {
  /** The event that the queue carries. */
  readonly on: EventContract<string, Schema>;

  /** Handles one event. It may run more than once; what it puts into `tx` happens once. */
  readonly process: Process<OutputOf<Schema>>;
}

/** What a queue consumer works with; tests pass their own. */
export interface QueueConsumerCollaborators {
  readonly environment?: ConsumerEnvironment;
  readonly store?: IdempotencyStore;
  readonly sqs?: SQSClient;
  readonly log?: Logger;
}

/** A connection that hangs must not cost a whole invocation: the SDK tries again. In milliseconds. */
const impatient = { requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true } };

/** A Lambda handler for a queue. */
export type QueueHandler = (event: SQSEvent, context: Pick<Context, 'getRemainingTimeInMillis'>) => Promise<SQSBatchResponse>;

/**
 * Makes the handler of a `PointToPointQueue`.
 *
 * Each event is done once, however often its message comes. What can never be handled goes to the dead-letter queue at first sight,
 * with its reason; what fails is tried again after a growing pause; one message never decides over another.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function queueConsumer<Schema extends StandardSchema>(
  options: QueueConsumerOptions<Schema>, collaborators: QueueConsumerCollaborators = {},
): QueueHandler {
  const environment = collaborators.environment ?? readConsumerEnvironment();
  const sqs = collaborators.sqs ?? new SQSClient({ ...impatient, useQueueUrlAsEndpoint: false });
  const log = collaborators.log ?? new Logger({ serviceName: environment.id });
  const deadLetters = new SqsDeadLetters(sqs, environment);
  const records = new WeakMap<Delivery, SQSRecord>();
  const consumer = new Consumer({
    ...options,
    environment,
    log,
    store: collaborators.store ?? new DynamoDBStore(new DynamoDBClient(impatient), environment.idempotency.table),
    setAside: (delivery, reason) => deadLetters.send(records.get(delivery)!, delivery, reason),
  });

  return async (event, context) => {
    if (!Array.isArray(event?.Records)) { throw new TypeError('this function handles messages of an SQS queue; the event has no Records'); }
    const deliveries = event.Records.map((record) => {
      const delivery = toDelivery(record);
      records.set(delivery, record);
      return delivery;
    });
    const outcomes = await consumer.handle(deliveries, context.getRemainingTimeInMillis());
    const again = deliveries.flatMap((delivery) => {
      // a delivery without an outcome would be deleted unhandled if it were not named here
      const outcome: Outcome = outcomes.get(delivery) ?? { kind: 'again', delaySeconds: undefined };
      return outcome.kind === 'again' ? [{ record: records.get(delivery)!, delaySeconds: outcome.delaySeconds }] : [];
    });
    await delayRedelivery(sqs, environment.source.url, again, log);
    return { batchItemFailures: again.map(({ record }) => ({ itemIdentifier: record.messageId })) };
  };
}

function toDelivery(record: SQSRecord): Delivery {
  // the service always sets these; an event that somebody wrote by hand for a test may not have them
  const { ApproximateReceiveCount, SentTimestamp } = record.attributes ?? {};
  return {
    messageId: record.messageId,
    body: record.body,
    receiveCount: Number(ApproximateReceiveCount) || 1,
    correlationId: correlationIdOf(record),
    sentAt: new Date(Number(SentTimestamp) || Date.now()),
  };
}
