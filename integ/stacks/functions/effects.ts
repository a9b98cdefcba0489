import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';

const dynamodb = new DynamoDBClient();

/** Where effects are counted. */
export const table = process.env.EFFECTS_TABLE!;

/** Several functions may count one event. */
export const ours = (id: string) => `${process.env.EFFECTS_OF!}/${id}`;

/** Which run of an event this is; not every source says how often it has handed an event out. */
export async function countRun(id: string): Promise<number> {
  return count(`runs of ${id}`, 'runs');
}

/** An effect that no transaction can take back; the other side notes the key with which it was asked for. */
export async function charge(id: string, key: string): Promise<number> {
  return count(`charges of ${id}`, 'effects', key);
}

async function count(id: string, name: string, key?: string): Promise<number> {
  const { Attributes } = await dynamodb.send(new UpdateItemCommand({
    TableName: table, Key: { id: { S: ours(id) } }, ReturnValues: 'ALL_NEW', ExpressionAttributeNames: { '#count': name },
    ...(key === undefined
      ? { UpdateExpression: 'ADD #count :one', ExpressionAttributeValues: { ':one': { N: '1' } } }
      : { UpdateExpression: 'ADD #count :one, askedWith :key', ExpressionAttributeValues: { ':one': { N: '1' }, ':key': { SS: [key] } } }),
  }));
  return Number(Attributes?.[name]?.N);
}
