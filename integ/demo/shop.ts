import { BatchGetItemCommand, BatchWriteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import type { DeadLetter } from 'cdk-event-patterns/lambda';
import type { Clients } from '../clients';
import { deadLettersIn, redrive } from '../dead-letters';
import { consumerLines } from '../function-log';
import { depth } from '../queue-contents';
import { articleOf, type DemoOrder, stockAtFirst } from './orders';

const correlationAttribute = 'correlationId';
const correlationIdOf = ({ orderId }: DemoOrder) => `checkout-of-${orderId}`;

/** What can be seen of one order from outside. */
export interface Sighting {
  readonly tries: number;
  readonly effects: number;
  readonly receipts: number;
  readonly deadLetters: readonly Partial<DeadLetter>[];
}

/** The deployed sample, as its customers and its operator see it. */
export class Shop {
  constructor(private readonly clients: Clients, private readonly outputs: Record<string, string>) {}

  /** Puts every article on the shelf, but for the missing one. */
  async stockUp(orders: readonly DemoOrder[]): Promise<void> {
    await this.clients.dynamodb.send(new BatchWriteItemCommand({
      RequestItems: { [this.output('StockTable')]: orders.filter(({ missingArticle }) => !missingArticle).map((order) => ({ PutRequest: { Item: this.shelf(order) } })) },
    }));
  }

  /** Puts the missing articles on the shelf too. */
  async repair(orders: readonly DemoOrder[]): Promise<void> {
    for (const order of orders.filter(({ missingArticle }) => missingArticle)) {
      await this.clients.dynamodb.send(new PutItemCommand({ TableName: this.output('StockTable'), Item: this.shelf(order) }));
    }
  }

  async send(orders: readonly DemoOrder[]): Promise<void> {
    const { Failed = [] } = await this.clients.sqs.send(new SendMessageBatchCommand({
      QueueUrl: this.output('OrdersQueueUrl'),
      Entries: orders.map((order, index) => ({
        Id: String(index), MessageBody: order.body, MessageAttributes: { [correlationAttribute]: { DataType: 'String', StringValue: correlationIdOf(order) } },
      })),
    }));
    if (Failed.length > 0) { throw new Error(`the queue did not take every order: ${JSON.stringify(Failed)}`); }
  }

  /** Moves every dead letter back to the queue. */
  async redrive(): Promise<void> {
    await redrive(this.clients.sqs, this.output('DeadLetterQueueArn'), this.output('OrdersQueueArn'));
  }

  /** Messages in the queue and under way, and dead letters. */
  async waiting(): Promise<{ readonly orders: number; readonly deadLetters: number }> {
    const [orders = 0, deadLetters = 0] = await Promise.all(
      ['OrdersQueueUrl', 'DeadLetterQueueUrl'].map((queue) => depth(this.clients.sqs, this.output(queue))),
    );
    return { orders, deadLetters };
  }

  async look(orders: readonly DemoOrder[]): Promise<ReadonlyMap<DemoOrder, Sighting>> {
    const [stock, receipts, tries, letters] = await Promise.all([
      this.items('StockTable', 'sku', orders.map(articleOf)), this.items('ReceiptsTable', 'orderId', orders.map(({ orderId }) => orderId)),
      this.tries(), this.deadLetters(),
    ]);
    return new Map(orders.map((order) => {
      const available = stock.get(articleOf(order))?.available?.N;
      return [order, {
        tries: tries.get(order.orderId) ?? 0,
        effects: available === undefined ? 0 : (stockAtFirst - Number(available)) / order.quantity,
        receipts: receipts.has(order.orderId) ? 1 : 0,
        deadLetters: letters.get(correlationIdOf(order)) ?? [],
      }];
    }));
  }

  /** By what the function logged: the highest number of a try that any line about the order carries. */
  private async tries(): Promise<ReadonlyMap<string, number>> {
    const tries = new Map<string, number>();
    for (const { key, attempt } of await consumerLines(this.clients.logs, this.output('FunctionName'), this.output('LogGroup'))) {
      if (key !== undefined && attempt !== undefined) { tries.set(key, Math.max(attempt, tries.get(key) ?? 0)); }
    }
    return tries;
  }

  /** The dead letters by correlation id, looked at and left where they are. */
  private async deadLetters(): Promise<ReadonlyMap<string, Partial<DeadLetter>[]>> {
    const letters = new Map<string, Partial<DeadLetter>[]>();
    for (const { message, letter } of await deadLettersIn(this.clients.sqs, this.output('DeadLetterQueueUrl'))) {
      const correlationId = message.MessageAttributes?.[correlationAttribute]?.StringValue ?? '';
      letters.set(correlationId, [...letters.get(correlationId) ?? [], letter]);
    }
    return letters;
  }

  private async items(table: string, key: string, values: readonly string[]) {
    const { Responses } = await this.clients.dynamodb.send(new BatchGetItemCommand({
      RequestItems: { [this.output(table)]: { ConsistentRead: true, Keys: values.map((value) => ({ [key]: { S: value } })) } },
    }));
    return new Map((Responses?.[this.output(table)] ?? []).map((item) => [item[key]?.S, item]));
  }

  private shelf(order: DemoOrder) {
    return { sku: { S: articleOf(order) }, available: { N: String(stockAtFirst) } };
  }

  private output(name: string): string {
    const value = this.outputs[name];
    if (value === undefined) { throw new Error(`the stack has no output ${name}`); }
    return value;
  }
}
