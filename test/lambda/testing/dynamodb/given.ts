import {
  type AttributeValue, DeleteItemCommand, GetItemCommand, PutItemCommand, QueryCommand, type QueryCommandInput, type TransactWriteItem,
  TransactWriteItemsCommand, UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, type NativeAttributeValue, unmarshall } from '@aws-sdk/util-dynamodb';
import { MemoryDynamoDB } from '../../../../lambda/testing/dynamodb/memory-dynamodb';

type Values = Record<string, NativeAttributeValue>;

export interface Expressions {
  readonly condition?: string;
  readonly names?: Record<string, string>;
  readonly returns?: 'ALL_NEW' | 'ALL_OLD' | 'UPDATED_NEW' | 'UPDATED_OLD';
  readonly old?: boolean;
}

/** A database with the table `things`, and requests in a short spelling. */
export class Given {
  readonly database = new MemoryDynamoDB().table('things', { partitionKey: 'id' });
  readonly client = this.database.client();

  constructor(...items: readonly Values[]) {
    this.database.put('things', ...items);
  }

  get items(): Values[] {
    return this.database.items('things');
  }

  async get(id: string, projection?: string) {
    const { Item } = await this.client.send(new GetItemCommand({ TableName: 'things', Key: { id: { S: id } }, ProjectionExpression: projection }));
    return Item && unmarshall(Item);
  }

  async put(item: Values, values?: Values, more: Expressions = {}) {
    const { Attributes } = await this.client.send(new PutItemCommand({ TableName: 'things', Item: marshall(item), ...expressions(values, more) }));
    return Attributes && unmarshall(Attributes);
  }

  async update(id: string, expression: string, values?: Values, more: Expressions = {}) {
    const { Attributes } = await this.client.send(new UpdateItemCommand({
      TableName: 'things', Key: { id: { S: id } }, UpdateExpression: expression, ...expressions(values, more),
    }));
    return Attributes && unmarshall(Attributes);
  }

  async delete(id: string, values?: Values, more: Expressions = {}) {
    const { Attributes } = await this.client.send(new DeleteItemCommand({ TableName: 'things', Key: { id: { S: id } }, ...expressions(values, more) }));
    return Attributes && unmarshall(Attributes);
  }

  async transact(items: TransactWriteItem[], token?: string) {
    return this.client.send(new TransactWriteItemsCommand({ TransactItems: items, ClientRequestToken: token }));
  }

  async query(expression: string, values: Values, more: Partial<QueryCommandInput> = {}) {
    const { Items = [], ...rest } = await this.client.send(new QueryCommand({
      TableName: 'events', KeyConditionExpression: expression, ExpressionAttributeValues: marshall(values), ...more,
    }));
    return { ...rest, items: Items.map((item) => unmarshall(item)) };
  }

  /** Whether the item `one` meets a condition. */
  async meets(condition: string, values?: Values, names?: Record<string, string>): Promise<boolean> {
    const check = { TableName: 'things', Key: { id: { S: 'one' } }, ...expressions(values, names ? { names } : {}), ConditionExpression: condition };
    try {
      await this.transact([{ ConditionCheck: check }]);
      return true;
    } catch (error) {
      if ((error as Error).name === 'TransactionCanceledException') { return false; }
      throw error;
    }
  }
}

export const text = (S: string): AttributeValue => ({ S });
export const number = (N: string): AttributeValue => ({ N });

export const invalid = (message: string | RegExp) =>
  expect.objectContaining({ name: 'ValidationException', message: typeof message === 'string' ? message : expect.stringMatching(message) });

function expressions(values: Values | undefined, { condition, names, returns, old }: Expressions) {
  return {
    ...(condition === undefined ? {} : { ConditionExpression: condition }),
    ...(names ? { ExpressionAttributeNames: names } : {}),
    ...(values ? { ExpressionAttributeValues: marshall(values) } : {}),
    ...(returns ? { ReturnValues: returns } : {}),
    ...(old ? { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const } : {}),
  };
}
