import type { BatchGetItemCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ended, useVirtualClock } from './virtual-clock';
import { DynamoDBStore } from '../../lambda/store/dynamodb-store';
import { MemoryDynamoDB } from '../../lambda/testing/dynamodb/memory-dynamodb';

useVirtualClock();

/** A table that reads only so many keys of each request, as DynamoDB does when it is busy or the answer grows too large. */
function given(...readable: readonly number[]) {
  const db = new MemoryDynamoDB();
  const sizes: number[] = [];
  const inner = db.client();
  const send = async (command: { readonly input: BatchGetItemCommandInput }) => {
    const [[table, { Keys = [] }]] = Object.entries(command.input.RequestItems!) as [[string, { Keys?: Record<string, never>[] }]];
    const most = readable[Math.min(sizes.length, readable.length - 1)]!;
    sizes.push(Keys.length);
    const read = { constructor: command.constructor, input: { RequestItems: { [table]: { Keys: Keys.slice(0, most), ConsistentRead: true } } } };
    const answer = most === 0 ? { Responses: {} } : await inner.send(read as never);
    return { ...answer, ...(Keys.length > most ? { UnprocessedKeys: { [table]: { Keys: Keys.slice(most), ConsistentRead: true } } } : {}) };
  };
  const client = Object.assign(Object.create(inner) as DynamoDBClient, { send });
  return { db, sizes, store: new DynamoDBStore(client, 'memory') };
}

const halted = (count: number) => Array.from({ length: count }, (_, index) => ({ id: `group-${index}`, status: 'HALTED', since: 1 }));

test('asks again for what the table has not read: a stopped group must not go on', async () => {
  const { db, sizes, store } = given(2, 0, 100);
  db.put('memory', ...halted(5));

  const found = await ended(store.lookUp([...halted(5).map(({ id }) => id), 'unknown']));

  expect([...found.keys()]).toEqual(halted(5).map(({ id }) => id));
  expect(sizes).toEqual([6, 4, 4]);
});

test('reads any number of keys, a hundred at once', async () => {
  const { db, sizes, store } = given(100);
  db.put('memory', ...halted(250));

  expect((await store.lookUp(halted(250).map(({ id }) => id))).size).toBe(250);

  expect(sizes).toEqual([100, 100, 50]);
});

test('fails as a busy service when the table reads nothing at all', async () => {
  const { sizes, store } = given(0);

  await expect(ended(store.lookUp(['a', 'b']))).rejects.toMatchObject({ name: 'ThrottlingException' });

  expect(sizes).toEqual([2, 2, 2, 2, 2]);
});
