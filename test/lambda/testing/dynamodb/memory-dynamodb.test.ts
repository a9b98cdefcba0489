import {
  ConditionalCheckFailedException, DynamoDBClient, DynamoDBServiceException, GetItemCommand, ListTablesCommand, PutItemCommand, QueryCommand, UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { Given, number, text } from './given';
import { MemoryDynamoDB, type MemoryDynamoDBChange } from '../../../../lambda/testing/dynamodb/memory-dynamodb';

const putOne = (TableName: string, more: Record<string, { S: string }> = {}) => new PutItemCommand({ TableName, Item: { id: text('one'), ...more } });

test('is a client to who asks, and refuses with the errors of the SDK', async () => {
  const given = new Given({ id: 'one' });

  expect(given.client).toBeInstanceOf(DynamoDBClient);
  await expect(given.put({ id: 'one' }, undefined, { condition: 'attribute_not_exists(id)' })).rejects.toBeInstanceOf(ConditionalCheckFailedException);
  await expect(given.update('one', 'SET')).rejects.toBeInstanceOf(DynamoDBServiceException);
  expect((await given.client.send(putOne('things'))).$metadata.httpStatusCode).toBe(200);
});

test('lets a hook into the request, before it and after it', async () => {
  const database = new MemoryDynamoDB();
  const heard: string[] = [];
  const client = database.client((call, moment) => { heard.push(`${moment} ${call} ${database.items('things').length}`); });

  await client.send(putOne('things'));
  await client.send(new GetItemCommand({ TableName: 'things', Key: { id: text('one') } }));

  expect(heard).toEqual(['before PutItem 0', 'after PutItem 1', 'before GetItem 1', 'after GetItem 1']);
});

test.each([['before', []], ['after', [{ id: 'one' }]]])('a hook that throws %s a request leaves this behind: %j', async (when, left) => {
  const database = new MemoryDynamoDB();
  const client = database.client(async (_call, moment) => { if (moment === when) { throw new Error('lost'); } });

  await expect(client.send(putOne('things'))).rejects.toThrow('lost');

  expect(database.items('things')).toEqual(left);
});

test('a request ends without timers', async () => {
  jest.useFakeTimers();
  try {
    await new MemoryDynamoDB().client().send(putOne('things'));

    expect(jest.getTimerCount()).toBe(0);
  } finally {
    jest.useRealTimers();
  }
});

test('says what it does not know, and what goes past it', async () => {
  const client = new MemoryDynamoDB().client();
  const past = new ListTablesCommand({}).resolveMiddleware(client.middlewareStack, client.config, {});

  await expect(client.send(new ListTablesCommand({}))).rejects.toThrow('MemoryDynamoDB does not know ListTables.');
  await expect(past({ input: {}, request: {} } as never)).rejects.toThrow('MemoryDynamoDB answers the requests that are sent with DynamoDBClient.send');
  await expect(client.send(new PutItemCommand({ TableName: 't', Item: { id: text('1') }, Expected: {} }))).rejects.toThrow('MemoryDynamoDB does not know Expected');
});

test('keeps a protocol of what was committed, as a stream would, and tells it to who listens', async () => {
  const given = new Given({ id: 'seed', n: 1 });
  const heard: MemoryDynamoDBChange[] = [];
  const stop = given.database.onChange((change) => heard.push(change));

  await given.put({ id: 'one' });
  await given.transact([
    { Update: { TableName: 'things', Key: { id: text('seed') }, UpdateExpression: 'ADD n :n', ExpressionAttributeValues: { ':n': number('1') } } },
    { Put: { TableName: 'things', Item: { id: text('two') } } },
    { ConditionCheck: { TableName: 'things', Key: { id: text('one') }, ConditionExpression: 'attribute_exists(id)' } },
  ]);
  await given.put({ id: 'one' });
  await given.delete('absent');
  stop();
  await given.delete('one');

  expect(given.database.changes).toEqual([
    { table: 'things', keys: { id: text('one') }, newImage: { id: text('one') } },
    { table: 'things', keys: { id: text('seed') }, oldImage: { id: text('seed'), n: number('1') }, newImage: { id: text('seed'), n: number('2') } },
    { table: 'things', keys: { id: text('two') }, newImage: { id: text('two') } },
    { table: 'things', keys: { id: text('one') }, oldImage: { id: text('one') } },
  ]);
  expect(heard).toEqual(given.database.changes.slice(0, 3));
});

test('tells of a transaction when all of it is committed', async () => {
  const given = new Given();
  const sizes: number[] = [];
  given.database.onChange(() => sizes.push(given.items.length));

  await given.transact(['one', 'two'].map((id) => ({ Put: { TableName: 'things', Item: { id: text(id) } } })));

  expect(sizes).toEqual([2, 2]);
});

test('an item in which nothing has changed its value is no change, however its numbers and sets are spelled', async () => {
  const given = new Given({ id: 'one', n: 1, tags: new Set(['a', 'b']) });

  await given.client.send(new PutItemCommand({ TableName: 'things', Item: { tags: { SS: ['b', 'a'] }, n: number('1.0'), id: text('one') } }));

  expect(given.database.changes).toEqual([]);
});

test('learns the key of a table from the first request that gives one, the partition key first', async () => {
  const database = new MemoryDynamoDB();
  const client = database.client();
  await client.send(new UpdateItemCommand({
    TableName: 'events', Key: { stream: text('a'), at: number('2') }, UpdateExpression: 'SET x = :x', ExpressionAttributeValues: { ':x': text('x') },
  }));
  await client.send(new PutItemCommand({ TableName: 'events', Item: { stream: text('a'), at: number('1') } }));

  const { Items } = await client.send(new QueryCommand({
    TableName: 'events', KeyConditionExpression: '#s = :s', ExpressionAttributeNames: { '#s': 'stream' }, ExpressionAttributeValues: { ':s': text('a') },
  }));

  expect(Items!.map(({ at }) => at!.N)).toEqual(['1', '2']);
});

test('takes the key for "id" when an item comes first', async () => {
  const database = new MemoryDynamoDB();
  const client = database.client();

  await client.send(putOne('things', { x: { S: '1' } }));
  await client.send(putOne('things', { x: { S: '2' } }));

  expect(database.items('things')).toEqual([{ id: 'one', x: '2' }]);
});

test('asks for a declaration where it cannot know the key, or has taken it for another', async () => {
  const database = new MemoryDynamoDB();
  const client = database.client();
  const cure = "Declare it first: table('things', { partitionKey: '…' }), with the sortKey if there is one.";

  await expect(client.send(new PutItemCommand({ TableName: 'things', Item: { order: text('1') } }))).rejects.toThrow(`and the item has no "id". ${cure}`);
  await expect(client.send(new QueryCommand({ TableName: 'things', KeyConditionExpression: 'id = :v', ExpressionAttributeValues: { ':v': text('1') } }))).rejects.toThrow(cure);
  await client.send(putOne('things'));
  await expect(client.send(new GetItemCommand({ TableName: 'things', Key: { order: text('1') } }))).rejects.toThrow(`it was taken for "id"; now the key is order. ${cure}`);
  expect(() => database.table('things', { partitionKey: 'order' })).toThrow('has items with the key id already: declare it before it is used');
});

test('places plain items, and shows them as plain values', () => {
  const database = new MemoryDynamoDB().put('things', { id: 'one', big: 9007199254740993n, at: undefined, tags: new Set(['a']) });

  expect(database.items('things')).toEqual([{ id: 'one', big: 9007199254740993n, tags: new Set(['a']) }]);
  expect(database.items('nobody')).toEqual([]);
  expect(database.changes).toEqual([]);
  expect(() => database.put('things', { id: '' })).toThrow('cannot contain an empty string value');
});
