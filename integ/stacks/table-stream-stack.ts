import { AttributeType, BillingMode, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { Construct } from 'constructs';
import { ConsumersStack } from './consumers-stack';

/** A table, and the consumer of its stream. */
export class TableStreamStack extends ConsumersStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const table = new Table(this, 'Items', {
      partitionKey: { name: 'id', type: AttributeType.STRING }, billingMode: BillingMode.PAY_PER_REQUEST, stream: StreamViewType.NEW_AND_OLD_IMAGES,
    });
    const consumer = this.consumer('Changed', { entry: 'table-changes', source: { kind: 'dynamodb', arn: table.tableStreamArn! } });
    consumer.addEventSource(new DynamoEventSource(table, { startingPosition: StartingPosition.TRIM_HORIZON, reportBatchItemFailures: true }));
    this.output('ItemsTable', table.tableName);
  }
}
