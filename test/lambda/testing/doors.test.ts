import { given, order, orderPlaced, takeOne } from './shop';
import { asyncConsumer, eventConsumer, Poison, type Processing, queueConsumer, streamConsumer, tableStreamConsumer, topicConsumer } from '../../../lambda';
import { type ConsumerTest, type Deliverable, moments, tableChange, type TestOptions } from '../../../lambda/testing';

const options = { on: orderPlaced, process: ({ sku }: { readonly sku: string }, { tx }: Processing) => tx.write(takeOne(sku)) };
const doors = {
  queueConsumer: () => queueConsumer(options),
  topicConsumer: () => topicConsumer(options),
  eventConsumer: () => eventConsumer(options),
  streamConsumer: () => streamConsumer(options),
  asyncConsumer: () => asyncConsumer(options),
  tableStreamConsumer: () => tableStreamConsumer({ process: { insert: (_item, { tx }) => tx.write(takeOne('book')) } }),
} as const;

type Door = keyof typeof doors;
const names = Object.keys(doors) as Door[];
const streams: readonly Door[] = ['streamConsumer', 'tableStreamConsumer'];
const batching: readonly Door[] = ['queueConsumer', ...streams];

const testOf = (door: Door, settings?: TestOptions): ConsumerTest => given(doors[door](), settings);

const two = (door: Door): Deliverable[] => door === 'tableStreamConsumer' ? ['a', 'b'].map((id) => tableChange({ after: { id } })) : ['a', 'b'].map(order);

describe.each(names)('%s', (door) => {
  test.each(moments)('five deliveries of two events in any order, and functions that die after %s: each effect once', async (crashAfter) => {
    for (const reorder of [false, true, 1, 2]) {
      const test = testOf(door);

      await test.deliver(two(door), { times: 5, crashAfter, reorder });

      test.expect({ effects: { stock: [{ available: 3 }] } });
    }
  });

  test.each(moments)('one delivery, and a function that dies after %s: it comes again', async (crashAfter) => {
    const test = testOf(door);

    await test.deliver(two(door), { crashAfter });

    test.expect({ effects: { stock: [{ available: 3 }] } });
  });

  test('functions that die everywhere: each effect once', async () => {
    const test = testOf(door);

    await test.deliver(two(door), { times: 5, crashAfter: moments });

    test.expect({ effects: { stock: [{ available: 3 }] } });
  });

  test('knows what was delivered before', async () => {
    const test = testOf(door);
    const events = two(door);
    await test.deliver(events);

    await test.deliver(events);

    test.expect({ effects: { stock: [{ available: 3 }] }, metrics: { Processed: 2, Duplicate: 2 } });
  });
});

test.each(batching)('%s takes a batch', async (door) => {
  const test = testOf(door);

  await test.deliver(two(door), { times: 2, together: true, crashAfter: 'commit' });

  test.expect({ effects: { stock: [{ available: 3 }] } });
});

test.each(names.filter((name) => !batching.includes(name)))('%s fails on a batch, which its source does not know', async (door) => {
  await expect(testOf(door).deliver(two(door), { together: true })).rejects.toThrow('together: Lambda invokes this function with one event at a time');
});

test.each(streams)('%s fails on batches side by side, which a shard does not know', async (door) => {
  await expect(testOf(door).deliver(two(door), { sideBySide: true })).rejects.toThrow('sideBySide: a shard has its batches handled one after the other');
});

test.each(names.filter((name) => !batching.includes(name)))('%s: side by side', async (door) => {
  const test = testOf(door);

  await test.deliver(two(door), { times: 3, sideBySide: true });

  test.expect({ effects: { stock: [{ available: 3 }] } });
});

test.each(['topicConsumer', 'eventConsumer', 'asyncConsumer'] as const)('%s: Lambda tries three times, with pauses, and then gives up', async (door) => {
  const tries: Date[] = [];
  const process = () => { tries.push(new Date()); throw new Error('not yet'); };
  const failing = { topicConsumer, eventConsumer, asyncConsumer }[door]({ on: orderPlaced, process });
  const test = given(failing, { now: new Date('2026-01-05T08:00:00Z') });

  await test.deliver(order('a'));

  expect(tries.map((time) => time.toISOString().slice(11, 19))).toEqual(['08:00:00', '08:01:00', '08:03:00']);
  test.expect({ poisoned: [{ reason: 'GivenUp', message: 'Lambda had tried it 3 times: Error: not yet' }] });
});

test('asyncConsumer has one id for all of Lambda\'s tries of an event, and another for the next', async () => {
  const ids: string[] = [];
  const test = given(asyncConsumer({ on: orderPlaced, process: (_order, { meta }) => { ids.push(meta.messageId); throw new Error('not yet'); } }));

  await test.deliver(order('a'), { times: 2 });

  expect(ids.length).toBeGreaterThan(3);
  expect(new Set(ids).size).toBe(2);
});

test('asyncConsumer takes the bare fact', async () => {
  const test = testOf('asyncConsumer');

  await test.deliver(JSON.stringify({ orderId: 'a', sku: 'book' }));

  test.expect({ effects: { stock: [{ available: 4 }] } });
});

test('eventConsumer takes the bare fact as the detail of its only event', async () => {
  const test = testOf('eventConsumer');

  await test.deliver(JSON.stringify({ orderId: 'a', sku: 'book' }));

  test.expect({ effects: { stock: [{ available: 4 }] } });
});

describe('a stream', () => {
  const failing = (id: string, seen: string[], failures: number) => streamConsumer({
    on: orderPlaced, process: ({ orderId }) => {
      seen.push(orderId);
      if (orderId === id && seen.filter((one) => one === id).length <= failures) { throw new Error('not yet'); }
    },
  });

  test('comes again from the first record that is not handled', async () => {
    const seen: string[] = [];
    const test = given(failing('b', seen, 1));

    await test.deliver(['a', 'b', 'c'].map(order), { together: true });

    expect(seen.join('')).toBe('abcb');
    test.expect({ metrics: { Processed: 3, Duplicate: 1 } });
  });

  test('keeps the order of a partition key', async () => {
    const seen: string[] = [];

    await given(failing('b', seen, 1)).deliver(['a', 'b', 'c'].map(order), { together: true, group: 'customer-1' });

    expect(seen.join('')).toBe('abbc');
  });

  test('sets poison aside, and goes on', async () => {
    const test = given(streamConsumer({ on: orderPlaced, process: ({ orderId, sku }, { tx }) => { if (orderId === 'a') { throw new Poison('bad'); } tx.write(takeOne(sku)); } }));

    await test.deliver(['a', 'b'].map(order), { together: true });

    test.expect({ effects: { stock: [{ available: 4 }] }, poisoned: [{ reason: 'Poison', message: 'bad' }], answer: { batchItemFailures: [] } });
  });

  test('gives a record up at the end of its retention, and goes on', async () => {
    const test = given(streamConsumer({
      on: orderPlaced, classify: () => 'transient', process: ({ orderId, sku }, { tx }) => { if (orderId === 'a') { throw new Error('busy'); } tx.write(takeOne(sku)); },
    }));

    await test.deliver(['a', 'b'].map(order));

    test.expect({ effects: { stock: [{ available: 4 }] }, poisoned: [{ reason: 'GivenUp', message: 'the stream had kept it for a day: it was not handled' }] });
  });
});

describe('the stream of a table', () => {
  test('brings what was inserted, modified and removed', async () => {
    const seen: unknown[] = [];
    const note = (what: string) => (item: unknown) => { seen.push([what, item]); };
    const test = given(tableStreamConsumer({ process: { insert: note('insert'), modify: note('modify'), remove: note('remove') } }));
    const bytes = new Uint8Array([1, 2]);

    await test.deliver([tableChange({ after: { id: 'a', n: 1 } }), tableChange({ before: { id: 'a', n: 1 }, after: { id: 'a', bytes, list: [bytes] } }), tableChange({ before: { id: 'a' } })]);

    expect(seen).toEqual([['insert', { id: 'a', n: 1 }], ['modify', { before: { id: 'a', n: 1 }, after: { id: 'a', bytes: 'AQI=', list: ['AQI='] } }], ['remove', { id: 'a' }]]);
  });

  test('two changes that look the same are two', async () => {
    const test = testOf('tableStreamConsumer');

    await test.deliver([tableChange({ after: { id: 'a' } }), tableChange({ after: { id: 'a' } })]);

    test.expect({ effects: { stock: [{ available: 3 }] } });
  });

  test('has keys that are told', async () => {
    const { dynamodb } = tableChange({ after: { customer: 'c', order: 1, total: 2 }, key: { partitionKey: 'customer', sortKey: 'order' } });

    expect(dynamodb?.Keys).toEqual({ customer: { S: 'c' }, order: { N: '1' } });
  });

  test('fails on a change that lacks its key, or everything', () => {
    expect(() => tableChange({ after: { customer: 'c' } })).toThrow('the item has no id: say which attributes make its key');
    expect(() => tableChange({})).toThrow('a change has an item before it, after it, or both');
  });
});

test('fails on what is for another door', async () => {
  await expect(testOf('queueConsumer').deliver(tableChange({ after: { id: 'a' } }))).rejects.toThrow('a change of a table is for the handler that a tableStreamConsumer has made');
  await expect(testOf('tableStreamConsumer').deliver(order('a'))).rejects.toThrow('the consumer of a table takes changes of its items');
  await expect(testOf('topicConsumer').deliver(order('a'), { as: 'sns', group: 'g' })).rejects.toThrow('as and group: the source of this handler knows nothing of the kind');
  expect(() => testOf('topicConsumer', { fifo: true })).toThrow('fifo: topicConsumer does not read from a queue');
});
