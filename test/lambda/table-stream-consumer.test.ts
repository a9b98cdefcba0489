import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { z } from 'zod/mini';
import { writeOf } from './consumer-model';
import { DoorModel, type DoorOptions } from './made-model';
import { pause, useVirtualClock } from './virtual-clock';
import { Poison, type Processing, tableStreamConsumer } from '../../lambda';

useVirtualClock();

const schema = z.object({ id: z.string(), amount: z.number(), note: z._default(z.string(), 'none') });

type Item = z.output<typeof schema>;
type Noted = (what: string, item: unknown, processing: Processing) => Promise<void> | void;

const writes: Noted = (what, item, { tx }) => tx.write(writeOf(`${what} ${(item as { id: string }).id}`));

function given(note: Noted = writes, changes: readonly ('insert' | 'modify' | 'remove')[] = ['insert', 'modify', 'remove'], options: DoorOptions = {}) {
  return new DoorModel<DynamoDBStreamEvent, DynamoDBBatchResponse>((collaborators) => tableStreamConsumer({
    item: schema,
    process: {
      ...(changes.includes('insert') ? { insert: async (item: Item, processing) => note('insert', item, processing) } : {}),
      ...(changes.includes('modify') ? { modify: async ({ before, after }: { readonly before?: Item; readonly after: Item }, processing) => note('modify', { id: after.id, before, after }, processing) } : {}),
      ...(changes.includes('remove') ? { remove: async (item: Item, processing) => note('remove', item, processing) } : {}),
    },
  }, collaborators), { ...options, environment: { source: { kind: 'dynamodb', arn: 'arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/1' }, ...options.environment } });
}

let count = 0;

/** A change as the stream tells it. */
function changed(eventName: 'INSERT' | 'MODIFY' | 'REMOVE', id: string, images: { readonly before?: object; readonly after?: object }, more: object = {}): DynamoDBRecord {
  const SequenceNumber = String(100_000 + ++count);
  return {
    eventID: `event-${SequenceNumber}`, eventName, eventSource: 'aws:dynamodb', eventVersion: '1.1', awsRegion: 'eu-west-1', eventSourceARN: 'arn',
    dynamodb: {
      Keys: marshall({ id }) as never, SequenceNumber, ApproximateCreationDateTime: Date.parse('2026-01-05T07:59:00Z') / 1000, StreamViewType: 'NEW_AND_OLD_IMAGES',
      ...(images.before ? { OldImage: marshall(images.before) as never } : {}), ...(images.after ? { NewImage: marshall(images.after) as never } : {}), ...more,
    },
  };
}

const inserted = (id: string, amount = 1) => changed('INSERT', id, { after: { id, amount } });
const modified = (id: string, amount: number) => changed('MODIFY', id, { before: { id, amount: amount - 1 }, after: { id, amount } });
const removed = (id: string) => changed('REMOVE', id, { before: { id, amount: 1 } });
const failedAt = (record: DynamoDBRecord) => ({ batchItemFailures: [{ itemIdentifier: record.dynamodb!.SequenceNumber }] });
const none = { batchItemFailures: [] };

test('gives each kind of change to its function, with the images as the schema makes them', async () => {
  const seen: unknown[] = [];
  const model = given((what, item, { meta }) => { seen.push([what, item, meta.type, meta.sentAt.toISOString()]); });

  expect(await model.invoke({ Records: [inserted('a'), modified('a', 2), removed('a')] })).toEqual(none);

  const at = '2026-01-05T07:59:00.000Z';
  expect(seen).toEqual([
    ['insert', { id: 'a', amount: 1, note: 'none' }, 'insert', at],
    ['modify', { id: 'a', before: { id: 'a', amount: 1, note: 'none' }, after: { id: 'a', amount: 2, note: 'none' } }, 'modify', at],
    ['remove', { id: 'a', amount: 1, note: 'none' }, 'remove', at],
  ]);
});

test('passes changes by that have no function, without a trace', async () => {
  const model = given(writes, ['modify']);

  expect(await model.invoke({ Records: [inserted('a'), modified('a', 2), removed('a')] })).toEqual(none);

  expect(model.done).toEqual(['modify a']);
  expect(model.table.records.size).toBe(1);
  expect(model.counted.counts).toEqual({ Processed: 1 });
});

test('gives a modification without the old image where the stream does not keep it', async () => {
  const seen: unknown[] = [];
  const model = given((_what, item) => { seen.push(item); });

  await model.invoke({ Records: [changed('MODIFY', 'a', { after: { id: 'a', amount: 2 } }, { StreamViewType: 'NEW_IMAGE' })] });

  expect(seen).toEqual([{ id: 'a', before: undefined, after: { id: 'a', amount: 2, note: 'none' } }]);
});

test('takes any item where there is no schema', async () => {
  const seen: unknown[] = [];
  const model = new DoorModel<DynamoDBStreamEvent, DynamoDBBatchResponse>((collaborators) => tableStreamConsumer({
    process: { insert: (item) => { seen.push(item.amount); } },
  }, collaborators));

  await model.invoke({ Records: [inserted('a', 7)] });

  expect(seen).toEqual([7]);
});

test('handles the changes of one item in their order, those of several items side by side', async () => {
  const model = given(async (what, item, processing) => {
    await pause((item as Item).id === 'a' && what === 'insert' ? 5_000 : 1_000);
    await writes(what, item, processing);
  });

  await model.invoke({ Records: [inserted('a'), modified('a', 2), inserted('b'), removed('b')] });

  expect(model.done).toEqual(['insert b', 'remove b', 'insert a', 'modify a']);
});

test('stops an item at its failure; the others go on, and nothing is done twice', async () => {
  let failures = 0;
  const model = given((what, item, processing) => {
    if (what === 'modify' && failures++ === 0) { throw new Error('not yet'); }
    return writes(what, item, processing);
  });
  const records = [inserted('a'), modified('a', 2), removed('a'), inserted('b')] as const;

  expect(await model.invoke({ Records: [...records] })).toEqual(failedAt(records[1]));
  expect(model.done).toEqual(['insert a', 'insert b']);
  expect(await model.invoke({ Records: records.slice(1) })).toEqual(none);
  expect(model.done).toEqual(['insert a', 'insert b', 'modify a', 'remove a']);
  expect(model.counted.counts).toEqual({ Processed: 4, Retried: 1, Duplicate: 1 });
});

test('two changes that look the same are two changes, one that is delivered again is one', async () => {
  const model = given();
  const [first, second] = [modified('a', 2), modified('a', 2)];

  await model.invoke({ Records: [first, second] });
  await model.invoke({ Records: [first, second] });

  expect(model.done).toEqual(['modify a', 'modify a']);
  expect(model.counted.counts).toEqual({ Processed: 2, Duplicate: 2 });
});

test('sets poison aside with the whole record, which can be handed in again; its item goes on', async () => {
  let broken = true;
  const model = given((what, item, processing) => {
    if (what === 'modify' && broken) { throw new Poison('gone', { reason: 'Gone' }); }
    return writes(what, item, processing);
  });
  const records = [inserted('a'), modified('a', 2), removed('a')];

  expect(await model.invoke({ Records: records })).toEqual(none);
  expect(model.letters).toMatchObject([{ reason: 'Gone', messageId: records[1]!.dynamodb!.SequenceNumber, correlationId: records[1]!.eventID }]);
  expect(JSON.parse(model.letters[0]!.body)).toEqual({ ...records[1], returned: true });

  broken = false;
  await model.invoke({ Records: [JSON.parse(model.letters[0]!.body) as DynamoDBRecord] });
  expect(model.done).toEqual(['insert a', 'remove a', 'modify a']);
});

test('leaves a change unhandled whose letter cannot be sent', async () => {
  const model = given(() => { throw new Poison('gone'); }, undefined, { fault: (call) => { if (call === 'SendMessage') { throw new Error('refused'); } } });
  const record = inserted('a');

  expect(await model.invoke({ Records: [record] })).toEqual(failedAt(record));
});

test('finds the change that kills its function, sets it aside after maxAttempts, and does the others once', async () => {
  const model = new DoorModel<DynamoDBStreamEvent, DynamoDBBatchResponse>((collaborators, lambda) => tableStreamConsumer({
    process: {
      insert: async ({ id }, { tx }) => {
        if (id === 'killer') { await lambda.die(); }
        await pause(10);
        tx.write(writeOf(id as string));
      },
    },
  }, collaborators), { environment: { maxAttempts: 2 }, timeoutMillis: 3_000 });
  const Records = [inserted('a'), inserted('killer'), inserted('b')];

  for (let invocation = 0; invocation < 20 && model.letters.length === 0; invocation++) {
    await model.invoke({ Records });
    jest.advanceTimersByTime(1_000);
  }

  expect(model.letters).toMatchObject([{ reason: 'FunctionDied', attempt: 2 }]);
  expect([...model.done].sort()).toEqual(['a', 'b']);
});

describe('sets aside at once', () => {
  test.each([
    ['a change without an image, because the stream has keys only', changed('INSERT', 'a', {}, { StreamViewType: 'KEYS_ONLY' }), 'NoImage', 'NEW_AND_OLD_IMAGES'],
    ['a removal without the old image', changed('REMOVE', 'a', {}, { StreamViewType: 'NEW_IMAGE' }), 'NoImage', 'NEW_AND_OLD_IMAGES'],
    ['an item that its schema refuses, saying which image', changed('INSERT', 'a', { after: { id: 'a', amount: 'much' } }), 'SchemaMismatch', 'after.amount'],
    ['an earlier item that its schema refuses', changed('MODIFY', 'a', { before: { id: 'a' }, after: { id: 'a', amount: 1 } }), 'SchemaMismatch', 'before.amount'],
    ['what is no change', { ...inserted('a'), eventName: 'RENAME' } as never, 'NotAChange', 'no change'],
    ['a change without an id', { ...inserted('a'), eventID: '' }, 'MissingKey', 'key'],
  ])('%s; its neighbours are done', async (_what, record, reason, message) => {
    const model = given();

    expect(await model.invoke({ Records: [inserted('b'), record, inserted('c')] })).toEqual(none);
    expect(model.letters).toMatchObject([{ reason, message: expect.stringContaining(message) }]);
    expect(model.done).toEqual(['insert b', 'insert c']);
  });
});

test('fails on what is not of a DynamoDB stream', async () => {
  for (const event of [{}, undefined, null]) {
    await expect(given().invoke(event as never)).rejects.toThrow(new TypeError('this function handles records of a DynamoDB stream; the event has no Records'));
  }
});
