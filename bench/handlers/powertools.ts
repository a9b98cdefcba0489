// The same with Powertools, written as its documentation shows it.
import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { parser } from '@aws-lambda-powertools/batch/parser';
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { Tracer } from '@aws-lambda-powertools/tracer';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { SQSHandler, SQSRecord } from 'aws-lambda';
import { z } from 'zod';

const logger = new Logger();
const metrics = new Metrics();
const tracer = new Tracer();
const dynamodb = tracer.captureAWSv3Client(new DynamoDBClient());

const order = z.object({ orderId: z.string().min(1), customer: z.string().min(1), quantity: z.int().positive() });
const processor = new BatchProcessor(EventType.SQS, { parser, innerSchema: order, transformer: 'json', logger });

const persistenceStore = new DynamoDBPersistenceLayer({ tableName: process.env.FINISHED_WORK_TABLE!, awsSdkV3Client: dynamodb });
const config = new IdempotencyConfig({ eventKeyJmesPath: 'body.orderId', throwOnNoIdempotencyKey: true });

const recordReceipt = makeIdempotent(async (record: Omit<SQSRecord, 'body'> & { body: z.infer<typeof order> }) => {
  await dynamodb.send(new PutItemCommand({ TableName: process.env.RECEIPTS_TABLE!, Item: marshall(record.body) }));
  logger.info('receipt recorded', { orderId: record.body.orderId });
  metrics.addMetric('processed', MetricUnit.Count, 1);
}, { persistenceStore, config });

export const handler: SQSHandler = async (event, context) => {
  logger.addContext(context);
  config.registerLambdaContext(context);
  try {
    return await processPartialResponse(event, recordReceipt as never, processor, { context, throwOnFullBatchFailure: false });
  } finally {
    metrics.publishStoredMetrics();
  }
};
