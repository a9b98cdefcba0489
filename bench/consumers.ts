import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import * as z from 'zod';
// by name, as a bundle has them: without what the handler does not use
import { queueConsumer } from '../lambda/consumers/queue-consumer';
import { defineEvent } from '../lambda/contract';

/** Takes a batch of a queue. */
export type Take = (event: SQSEvent) => Promise<unknown>;

const schema = z.object({ orderId: z.string().min(1), customer: z.string().min(1), quantity: z.int().positive() });
const context = { getRemainingTimeInMillis: () => 30_000, awsRequestId: 'bench' };
const environment = {
  v: 1, id: 'Shop/Orders', construct: 'Shop/Orders', source: { kind: 'sqs', arn: 'arn:aws:sqs:eu-west-1:111111111111:orders', url: 'https://sqs/orders' },
  deadLetterQueue: 'https://sqs/dead', idempotency: { table: 'finished-work', rememberFor: 86_400 }, maxAttempts: 5, retry: { delay: 1, maxDelay: 900 },
} as const;

const contract = { source: 'shop.checkout', type: 'OrderPlaced', version: 1, schema, key: (order: z.infer<typeof schema>) => order.orderId } as const;

/** Our consumer with its memory in the transaction. */
export function transactional(dynamodb: DynamoDBClient): Take {
  const handler = queueConsumer({
    on: defineEvent(contract),
    // it says of itself what became of each event
    process: (order, { tx }) => tx.write({ Put: { TableName: 'receipts', Item: order } }),
  }, { environment, dynamodb, sqs: new SQSClient({ region: 'eu-west-1' }) });
  return async (event) => handler(event, context);
}

/** Our consumer with its memory in the entity. */
export function entity(dynamodb: DynamoDBClient): Take {
  const handler = queueConsumer({
    on: defineEvent({ ...contract, orderBy: ({ quantity }) => quantity }),
    idempotency: 'entity',
    // it says of itself what became of each event
    process: (order, { tx }) => tx.write({ Put: { TableName: 'receipts', Item: order } }),
  }, { environment, dynamodb, sqs: new SQSClient({ region: 'eu-west-1' }) });
  return async (event) => handler(event, context);
}

/** Powertools' batch and idempotency, as its documentation puts them together. */
export function powertools(dynamodb: DynamoDBClient): Take {
  const logger = new Logger({ serviceName: 'shop' });
  const metrics = new Metrics({ namespace: 'shop', serviceName: 'shop' });
  const processor = new BatchProcessor(EventType.SQS);
  const persistenceStore = new DynamoDBPersistenceLayer({ tableName: 'finished-work', awsSdkV3Client: dynamodb });
  const config = new IdempotencyConfig({ eventKeyJmesPath: 'orderId', throwOnNoIdempotencyKey: true, expiresAfterSeconds: 86_400 });
  const record = makeIdempotent(async (order: z.infer<typeof schema>) => {
    await dynamodb.send(new PutItemCommand({ TableName: 'receipts', Item: marshall(order) }));
    logger.info('receipt recorded', { orderId: order.orderId });
    metrics.addMetric('processed', MetricUnit.Count, 1);
  }, { persistenceStore, config });
  return async (event) => {
    config.registerLambdaContext(context as never);
    try {
      const handle = async ({ body }: SQSRecord) => record(schema.parse(JSON.parse(body)));
      return await processPartialResponse(event, handle, processor, { throwOnFullBatchFailure: false });
    } finally {
      metrics.publishStoredMetrics();
    }
  };
}

let count = 0;

/** A batch of orders that nobody has seen before. */
export function batch(size: number): SQSEvent {
  const sent = String(Date.now());
  return {
    Records: Array.from({ length: size }, () => {
      const orderId = `order-${++count}`;
      return {
        messageId: orderId, receiptHandle: orderId, body: JSON.stringify({ orderId, customer: 'c', quantity: 1 }), messageAttributes: {}, md5OfBody: '', eventSource: 'aws:sqs',
        eventSourceARN: environment.source.arn, awsRegion: 'eu-west-1',
        attributes: { ApproximateReceiveCount: '1', SentTimestamp: sent, SenderId: 'shop', ApproximateFirstReceiveTimestamp: sent },
      };
    }),
  };
}
