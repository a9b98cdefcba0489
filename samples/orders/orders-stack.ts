import { join } from 'node:path';
import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { ConsumerFunction, PointToPointQueue } from 'cdk-event-patterns';
import type { Construct } from 'constructs';

export interface OrdersStackProps extends StackProps {
  /**
   * The file of the handler.
   * @default - the sample's own
   */
  readonly entry?: string;

  /**
   * How long the handler may take for a batch; the queue's visibility timeout follows.
   * @default Duration.seconds(10)
   */
  readonly timeout?: Duration;

  /**
   * The longest pause between two tries of an order.
   * @default Duration.minutes(15)
   */
  readonly maxRetryDelay?: Duration;
}

/** A shop that takes orders from a queue, reserves the stock for each once, and records a receipt. */
export class OrdersStack extends Stack {
  readonly orders: PointToPointQueue;

  constructor(scope: Construct, id: string, props: OrdersStackProps = {}) {
    super(scope, id, props);

    const stock = this.table('Stock', 'sku');
    const receipts = this.table('Receipts', 'orderId');
    const reserveStock = new ConsumerFunction(this, 'ReserveStock', {
      entry: props.entry ?? join(__dirname, 'functions', 'reserve-stock.ts'),
      timeout: props.timeout ?? Duration.seconds(10),
      environment: { STOCK_TABLE: stock.tableName, RECEIPTS_TABLE: receipts.tableName },
    });
    stock.grant(reserveStock, 'dynamodb:UpdateItem');
    receipts.grant(reserveStock, 'dynamodb:PutItem');

    this.orders = new PointToPointQueue(this, 'Orders', { consumer: reserveStock, maxRetryDelay: props.maxRetryDelay });

    new CfnOutput(this, 'OrdersQueueUrl', { value: this.orders.queue.queueUrl });
    new CfnOutput(this, 'OrdersQueueArn', { value: this.orders.queue.queueArn });
    new CfnOutput(this, 'DeadLetterQueueUrl', { value: this.orders.deadLetterQueue.queue.queueUrl });
    new CfnOutput(this, 'DeadLetterQueueArn', { value: this.orders.deadLetterQueue.queue.queueArn });
    new CfnOutput(this, 'StockTable', { value: stock.tableName });
    new CfnOutput(this, 'ReceiptsTable', { value: receipts.tableName });
    new CfnOutput(this, 'FunctionName', { value: reserveStock.functionName });
    new CfnOutput(this, 'LogGroup', { value: reserveStock.logGroup.logGroupName });
  }

  private table(id: string, key: string): Table {
    return new Table(this, id, {
      partitionKey: { name: key, type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    });
  }
}
