import { randomUUID } from 'node:crypto';
import { BatchWriteItemCommand, DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { clients } from '../clients';
import { DeployedStack } from '../deployed-stack';
import { eventually } from '../eventually';
import { TableStreamStack } from '../stacks/table-stream-stack';
import type { VersionedTask } from '../stacks/versioned-task';
import { TestedConsumer } from '../tested-consumer';

const { dynamodb } = clients();
const stack = DeployedStack.of(TableStreamStack);
const changed = new TestedConsumer(stack, 'Changed');

const newItem = () => `item-${randomUUID()}`;

/** Gives the item its next state. */
async function put(item: VersionedTask | Record<string, unknown>): Promise<void> {
  await dynamodb.send(new PutItemCommand({ TableName: stack.output('ItemsTable'), Item: marshall(item) }));
}

async function remove(id: string): Promise<void> {
  await dynamodb.send(new DeleteItemCommand({ TableName: stack.output('ItemsTable'), Key: marshall({ id }) }));
}

/** Holds the shard up, so that what happens next comes in one batch. */
async function holdUp(): Promise<void> {
  const id = newItem();
  await put({ id, version: 1, script: 'hang-once' });
  await eventually(async () => expect(await changed.runsOf({ id: `insert 1 of ${id}` })).toBe(1));
}

test('an item that is inserted, modified and removed counts once for each change, in order', async () => {
  const id = newItem();

  await put({ id, version: 1, script: 'work' });
  await put({ id, version: 2, script: 'work' });
  await remove(id);

  const changes = [`insert 1 of ${id}`, `modify 1 to 2 of ${id}`, `remove 2 of ${id}`];
  await eventually(async () => expect(await changed.doneIn(id)).toEqual(changes));
  expect(await Promise.all(changes.map(async (change) => changed.effectsOf({ id: change })))).toEqual([1, 1, 1]);
});

test('a change that fails twice stops its own item only, and its item keeps its order', async () => {
  const [slow, other] = [newItem(), newItem()];
  await holdUp();

  await put({ id: slow, version: 1, script: 'fail-twice' });
  for (const version of [2, 3]) {
    await put({ id: slow, version, script: 'work' });
    await put({ id: other, version, script: 'work' });
  }

  const held = [`insert 1 of ${slow}`, `modify 1 to 2 of ${slow}`, `modify 2 to 3 of ${slow}`];
  const free = [`insert 2 of ${other}`, `modify 2 to 3 of ${other}`];
  await eventually(async () => expect(await changed.doneIn(slow)).toEqual(held));
  expect(await changed.doneIn(other)).toEqual(free);
  expect(await changed.finished({ id: free[1]! })).toBeLessThan(await changed.finished({ id: held[0]! }));
  expect(await Promise.all([...held, ...free].map(async (change) => changed.runsOf({ id: change })))).toEqual([3, 1, 1, 1, 1]);
});

test('a change to what is not of the schema rests among the dead letters once, whole, with the reason, and the item goes on', async () => {
  const id = newItem();
  await holdUp();

  await put({ id, version: 1, script: 'work' });
  await put({ id, version: 2, script: 'none that is known' });
  await remove(id);
  await put({ id, version: 3, script: 'fail-twice' });

  await eventually(async () => expect(await changed.doneIn(id)).toEqual([`insert 1 of ${id}`, `insert 3 of ${id}`]));
  const letters = await changed.lettersAbout(id);
  expect(letters.map(({ letter: { reason, message } }) => [reason, message])).toEqual([
    ['SchemaMismatch', expect.stringContaining('after.script: ')], ['SchemaMismatch', expect.stringContaining('before.script: ')],
  ]);
  expect(letters.map(({ body }) => (JSON.parse(body) as { eventName: string }).eventName)).toEqual(['MODIFY', 'REMOVE']);
});

test('a change that fails as often as it may rests among the dead letters, and its item goes on', async () => {
  const id = newItem();

  await put({ id, version: 1, script: 'need-repair' });
  await put({ id, version: 2, script: 'work' });

  await eventually(async () => expect(await changed.doneIn(id)).toEqual([`modify 1 to 2 of ${id}`]));
  expect((await changed.lettersAbout(id)).map(({ letter }) => letter)).toEqual([expect.objectContaining({ reason: 'WriteRefused', attempt: 3 })]);
});

test('a function that is killed in the middle of a batch loses nothing, repeats nothing, and changes no order', async () => {
  const [id, other] = [newItem(), newItem()];
  await holdUp();

  await put({ id, version: 1, script: 'work' });
  await put({ id: other, version: 1, script: 'work' });
  await put({ id, version: 2, script: 'kill-once' });
  await put({ id, version: 3, script: 'work' });

  const changes = [`insert 1 of ${id}`, `modify 1 to 2 of ${id}`, `modify 2 to 3 of ${id}`];
  await eventually(async () => expect(await changed.doneIn(id)).toEqual(changes));
  expect(await changed.doneIn(other)).toEqual([`insert 1 of ${other}`]);
  expect(await Promise.all(changes.map(async (change) => changed.runsOf({ id: change })))).toEqual([1, 2, 1]);
  await eventually(async () => expect(await changed.log()).toContain('Runtime exited with error: signal: killed'));
  expect(await changed.lettersAbout(id)).toEqual([]);
});

test('items that are written together are each counted once', async () => {
  const ids = Array.from({ length: 25 }, newItem);

  await dynamodb.send(new BatchWriteItemCommand({
    RequestItems: { [stack.output('ItemsTable')]: ids.map((id) => ({ PutRequest: { Item: marshall({ id, version: 1, script: 'work' }) } })) },
  }));

  await eventually(async () => expect(await Promise.all(ids.map(async (id) => changed.effectsOf({ id: `insert 1 of ${id}` })))).toEqual(ids.map(() => 1)));
});
