import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ObservedDynamoDB } from './observed-dynamodb';
import { ended, useVirtualClock } from './virtual-clock';
import { kindOf } from '../../lambda/engine/failure';
import { ClaimLost, EnvironmentError, WriteRefused } from '../../lambda/errors';
import { DynamoDBStore } from '../../lambda/store/dynamodb-store';
import type { Write } from '../../lambda/store/idempotency-store';

useVirtualClock();

const write: Write = { Put: { TableName: 'orders', Item: { id: 'order-1' } } };
const completion = (key: string, owner: string, expiresAt: number, writes: readonly Write[]) => ({ key, owner, expiresAt, writes });
const cancelled = (...codes: (string | undefined)[]) =>
  Object.assign(new Error('Transaction cancelled'), { name: 'TransactionCanceledException', CancellationReasons: codes.map((Code) => ({ Code })) });
const named = (name: string) => Object.assign(new Error(name), { name });

function given(...failures: unknown[]) {
  const table = new ObservedDynamoDB();
  table.put('memory', { id: { S: 'k' }, status: { S: 'INPROGRESS' }, owner: { S: 'one' }, attempts: { N: '1' }, validation: { S: 'f' } });
  table.failures.push(...failures);
  return { table, store: new DynamoDBStore(table.client(), 'memory') };
}

describe('completing', () => {
  test('commits all writes and the memory in one request, with plain values as DynamoDB takes them', async () => {
    const { table, store } = given();
    const condition = { ConditionExpression: '#v = :v', ExpressionAttributeNames: { '#v': 'version' }, ExpressionAttributeValues: { ':v': 1 } };

    await store.complete(completion('k', 'one', 5_000, [
      { Put: { TableName: 'orders', Item: { id: 'p', lines: [{ sku: 's', count: 2 }], note: undefined }, ConditionExpression: 'attribute_not_exists(id)' } },
      { Update: { TableName: 'stock', Key: { id: 'u' }, UpdateExpression: 'ADD sold :one', ExpressionAttributeValues: { ':one': 1 } } },
      { Delete: { TableName: 'carts', Key: { id: 'd' } } },
    ]));
    table.put('customers', { id: { S: 'c' }, version: { N: '1' } });
    table.put('memory', { id: { S: 'l' }, status: { S: 'INPROGRESS' }, owner: { S: 'one' } });
    await store.complete(completion('l', 'one', 5_000, [{ ConditionCheck: { TableName: 'customers', Key: { id: 'c' }, ...condition } }]));

    expect(table.requests.map(({ name }) => name)).toEqual(['TransactWriteItems', 'TransactWriteItems']);
    expect(table.requests[0]!.input.TransactItems).toMatchObject([
      { Update: { TableName: 'memory', Key: { id: { S: 'k' } }, ConditionExpression: '#owner = :owner AND #status = :inProgress' } },
      { Put: { TableName: 'orders', Item: { id: { S: 'p' }, lines: { L: [{ M: { sku: { S: 's' }, count: { N: '2' } } }] } }, ConditionExpression: 'attribute_not_exists(id)' } },
      { Update: { TableName: 'stock', Key: { id: { S: 'u' } }, UpdateExpression: 'ADD sold :one', ExpressionAttributeValues: { ':one': { N: '1' } } } },
      { Delete: { TableName: 'carts', Key: { id: { S: 'd' } } } },
    ]);
    expect(table.requests[1]!.input.TransactItems![1]).toEqual({
      ConditionCheck: { TableName: 'customers', Key: { id: { S: 'c' } }, ...condition, ExpressionAttributeValues: { ':v': { N: '1' } } },
    });
    expect(table.item('orders', 'p')).not.toHaveProperty('note');
    expect(table.item('stock', 'u')).toMatchObject({ sold: { N: '1' } });
    expect(table.item('memory', 'k')).toEqual({ id: { S: 'k' }, status: { S: 'COMPLETED' }, owner: { S: 'one' }, validation: { S: 'f' }, expiration: { N: '5' } });
  });

  test('is a plain update when there is nothing to write', async () => {
    const { table, store } = given();

    await store.complete(completion('k', 'one', 5_000, []));

    expect(table.requests.map(({ name }) => name)).toEqual(['UpdateItem']);
  });

  test('fails with ClaimLost when the key is no longer ours, whatever else failed', async () => {
    await expect(given().store.complete(completion('k', 'two', 5_000, []))).rejects.toEqual(new ClaimLost('k'));
    await expect(given().store.complete(completion('k', 'two', 5_000, [write]))).rejects.toEqual(new ClaimLost('k'));
    await expect(given(cancelled('ConditionalCheckFailed', 'ConditionalCheckFailed')).store.complete(completion('k', 'one', 5_000, [write]))).rejects.toEqual(new ClaimLost('k'));
  });

  test('fails with WriteRefused, naming each write whose condition was not met', async () => {
    const { store } = given(cancelled('None', 'ConditionalCheckFailed', 'None', 'ConditionalCheckFailed'));
    const other: Write = { Delete: { TableName: 'carts', Key: { id: 'd' } } };

    await expect(store.complete(completion('k', 'one', 5_000, [write, write, other])))
      .rejects.toEqual(new WriteRefused('the condition of write 1 (Put on orders), write 3 (Delete on carts) was not met'));
  });

  test('fails with what DynamoDB said when it is something else', async () => {
    const error = named('ProvisionedThroughputExceededException');

    await expect(given(error).store.complete(completion('k', 'one', 5_000, [write]))).rejects.toBe(error);
    await expect(given(undefined).store.complete(completion('k', 'one', 5_000, [write]))).rejects.toBe(undefined);
  });

  test('fails on a value that DynamoDB has no type for, before anything is sent', async () => {
    const { table, store } = given();

    await expect(store.complete(completion('k', 'one', 5_000, [{ Put: { TableName: 'orders', Item: { at: new Date() } } }]))).rejects.toThrow('Unsupported type');
    expect(table.requests).toEqual([]);
  });

  test('tries again at once when two transactions met, and gives up after five times', async () => {
    const conflict = cancelled('TransactionConflict', 'None');
    const { table, store } = given(conflict, cancelled('None', 'TransactionConflict'));
    await ended(store.complete(completion('k', 'one', 5_000, [write])));
    expect(table.requests).toHaveLength(3);

    const unlucky = given(...Array.from({ length: 5 }, () => conflict));
    await expect(ended(unlucky.store.complete(completion('k', 'one', 5_000, [write])))).rejects.toBe(conflict);
    expect(unlucky.table.requests).toHaveLength(5);
  });

  test('does not try again when a condition was not met as well', async () => {
    const { table, store } = given(cancelled('None', 'TransactionConflict', 'ConditionalCheckFailed'));

    await expect(store.complete(completion('k', 'one', 5_000, [write, write]))).rejects.toThrow(WriteRefused);
    expect(table.requests).toHaveLength(1);
  });

  test('is one transaction for DynamoDB, however often the SDK sends it', async () => {
    const sent: { ClientRequestToken?: string }[] = [];
    const requestHandler = {
      handle: async ({ body }: { body: Uint8Array }) => {
        sent.push(JSON.parse(new TextDecoder().decode(body)) as object);
        throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError', code: 'ECONNRESET' });
      },
    };
    const client = new DynamoDBClient({ region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, requestHandler: requestHandler as never });

    await expect(ended(new DynamoDBStore(client, 'memory').complete(completion('k', 'one', 5_000, [write])))).rejects.toThrow('socket hang up');

    expect(sent.length).toBeGreaterThan(1);
    expect(new Set(sent.map(({ ClientRequestToken }) => ClientRequestToken)).size).toBe(1);
    expect(sent[0]!.ClientRequestToken).toMatch(/^[0-9a-f-]{36}$/);
  });
});

test.each([
  ['claim', async (store: DynamoDBStore) => store.claim({ key: 'k', owner: 'o', fingerprint: 'f', leaseUntil: 1, expiresAt: 1, alone: true, replaces: false, takesOver: true })],
  ['complete', async (store: DynamoDBStore) => store.complete(completion('k', 'one', 5_000, []))],
])('calls it a fault of the deployment when DynamoDB refuses our own %s: it says nothing about the message', async (_name, call) => {
  const error = await call(given(named('ValidationException')).store).catch((thrown: unknown) => thrown);

  expect(error).toEqual(new EnvironmentError('the idempotency table does not fit: ValidationException'));
  expect(kindOf(error)).toBe('environment');
});

test('calls it a fault of the deployment when DynamoDB refuses our own part of a transaction, and poison when it refuses a value', async () => {
  const error = async (...codes: string[]) => given(cancelled(...codes)).store.complete(completion('k', 'one', 5_000, [write])).catch((thrown: unknown) => thrown);

  expect(kindOf(await error('ValidationError', 'None'))).toBe('environment');
  expect(kindOf(await error('None', 'ValidationError'))).toBe('poison');
});

test.each(['claim', 'release', 'forget', 'lookUp'] as const)('fails with what DynamoDB said when it cannot %s', async (name) => {
  const error = named('InternalServerError');
  const { store } = given(error);
  const calls = {
    claim: async () => store.claim({ key: 'k', owner: 'o', fingerprint: 'f', leaseUntil: 1, expiresAt: 1, alone: true, replaces: false, takesOver: true }),
    release: async () => store.release('k', 'one', true), forget: async () => store.forget('k'), lookUp: async () => store.lookUp(['k']),
  };

  await expect(calls[name]()).rejects.toBe(error);
});

test('reads what a foreign or older record lacks as nothing', async () => {
  const { table, store } = given();
  table.put('memory', { id: { S: 'bare' }, status: { S: 'COMPLETED' }, expiration: { N: '7' } });

  expect((await store.lookUp(['bare'])).get('bare')).toEqual({ kind: 'event', status: 'COMPLETED', expiresAt: 7_000, leaseUntil: 0, attempts: 0, alone: false, fingerprint: '' });
});

test('reads with consistency, so that it knows of a claim that was made a moment ago', async () => {
  const { table, store } = given();

  await store.lookUp(['k']);

  expect(table.requests[0]!.input.RequestItems).toMatchObject({ memory: { ConsistentRead: true } });
});
