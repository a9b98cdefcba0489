import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import type { SQSRecord } from 'aws-lambda';
import { ConsumerModel, type FunctionModel, type Handler, type Order, writeOf } from './consumer-model';
import { MemoryDynamoDB } from '../../lambda/testing/dynamodb/memory-dynamodb';

/** The same queue before a consumer as Powertools' manual writes it: claim, effect and completion are calls of their own. */
export class PowertoolsModel extends ConsumerModel {
  private readonly memory = new MemoryDynamoDB();

  protected override handlerFor(lambda: FunctionModel): Handler {
    const fault = lambda.mortal((call, moment) => this.options.fault?.(call, moment, lambda));
    const persistenceStore = new DynamoDBPersistenceLayer({ tableName: 'memory', awsSdkV3Client: this.memory.client(fault) });
    const config = new IdempotencyConfig({ eventKeyJmesPath: 'orderId', throwOnNoIdempotencyKey: true, expiresAfterSeconds: 23 * 86_400 });
    const processor = new BatchProcessor(EventType.SQS);
    const handle = makeIdempotent(async ({ orderId }: Order) => {
      this.tries.push(orderId);
      await fault('effect', 'before');
      this.table.effects.push(writeOf(orderId));
      await fault('effect', 'after');
    }, { persistenceStore, config });
    return async (event, context) => {
      config.registerLambdaContext(context as never);
      return processPartialResponse(event, async ({ body }: SQSRecord) => handle(JSON.parse(body) as Order), processor, { throwOnFullBatchFailure: false });
    };
  }
}
