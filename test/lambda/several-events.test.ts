import { z } from 'zod/mini';
import { MadeModel } from './made-model';
import { useVirtualClock } from './virtual-clock';
import { defineEvent, queueConsumer } from '../../lambda';

useVirtualClock();

const key = ({ orderId }: { readonly orderId: string }) => orderId;
const placed = defineEvent({ source: 'shop', type: 'OrderPlaced', version: 1, schema: z.object({ orderId: z.string() }), key });
const placedToday = defineEvent({ source: 'shop', type: 'OrderPlaced', version: 2, schema: z.object({ orderId: z.string(), lines: z.number() }), key });
const cancelled = defineEvent({ source: 'shop', type: 'OrderCancelled', version: 1, schema: z.object({ orderId: z.string(), why: z._default(z.string(), 'no reason') }), key });
const cancelledElsewhere = defineEvent({ source: 'market', type: 'OrderCancelled', version: 1, schema: z.object({ orderId: z.string(), market: z.string() }), key });

/** A consumer of several events, which notes what it is given; `on` is read anew by each function that starts. */
function given(on: readonly (typeof placed | typeof placedToday | typeof cancelled | typeof cancelledElsewhere)[] = [placed, cancelled]) {
  const seen: unknown[] = [];
  const deployed = { on };
  const model = new MadeModel((collaborators) => queueConsumer({
    on: deployed.on as readonly [typeof placed, typeof cancelled],
    process: {
      OrderPlaced: (data, { meta }) => { seen.push(['placed', meta.type, data]); },
      OrderCancelled: (data, { meta }) => { seen.push(['cancelled', meta.type, data]); },
    },
  }, collaborators));
  const send = (type: string, data: object, metadata: object = {}) => model.queue.send(JSON.stringify({ metadata: { id: `id-${type}`, source: 'shop', type, version: 1, ...metadata }, data }));
  return { model, seen, deployed, send };
}

const fromBus = (type: string, detail: object, source = 'shop') => JSON.stringify({
  'version': '0', 'id': `bus-${type}`, source, 'detail-type': type, 'account': '1', 'region': 'eu-west-1', 'time': '2026-01-05T08:00:00Z', 'resources': [], detail,
});

describe('each event goes to the function of its type', () => {
  test('as its envelope says', async () => {
    const { model, seen, send } = given();
    send('OrderPlaced', { orderId: 'a' });
    send('OrderCancelled', { orderId: 'a', why: 'too late' });

    await model.drain();

    expect(seen).toEqual([['placed', 'OrderPlaced', { orderId: 'a' }], ['cancelled', 'OrderCancelled', { orderId: 'a', why: 'too late' }]]);
  });

  test('as the detail-type of EventBridge says, when the producer has no envelope', async () => {
    const { model, seen } = given();
    model.queue.send(fromBus('OrderCancelled', { orderId: 'a' }));
    model.queue.send(fromBus('OrderPlaced', { orderId: 'a' }));

    await model.drain();

    expect(seen).toEqual([['cancelled', 'OrderCancelled', { orderId: 'a', why: 'no reason' }], ['placed', 'OrderPlaced', { orderId: 'a' }]]);
  });

  test('also when it is the only one of a list', async () => {
    const { model, seen } = given([placed]);
    model.queue.send('{"orderId":"a"}');

    await model.drain();

    expect(seen).toEqual([['placed', 'OrderPlaced', { orderId: 'a' }]]);
  });

  test('and the same key under two types is two events', async () => {
    const { model, send } = given();
    for (let copy = 0; copy < 2; copy++) { for (const type of ['OrderPlaced', 'OrderCancelled']) { send(type, { orderId: 'a' }); } }

    await model.drain();

    expect(model.counted.counts.Processed).toBe(2);
    expect(model.table.records.size).toBe(2);
    expect(model.letters).toEqual([]);
  });
});

describe('of two versions of one type', () => {
  test('each is read by its own schema', async () => {
    const { model, seen, send } = given([placed, placedToday]);
    send('OrderPlaced', { orderId: 'a', lines: 'many' });
    send('OrderPlaced', { orderId: 'b', lines: 7 }, { version: 2 });
    send('OrderPlaced', { orderId: 'c', lines: 'many' }, { version: 2 });

    await model.drain();

    expect(seen).toEqual([['placed', 'OrderPlaced', { orderId: 'a' }], ['placed', 'OrderPlaced', { orderId: 'b', lines: 7 }]]);
    expect(model.letters).toMatchObject([{ reason: 'SchemaMismatch', message: expect.stringContaining('no OrderPlaced version 2: lines') }]);
  });

  test('the newest reads what does not say its version, and what is older than both', async () => {
    const { model, seen, send } = given([placedToday, { ...placed, version: 1 }]);
    model.queue.send(fromBus('OrderPlaced', { orderId: 'a', lines: 1 }));
    send('OrderPlaced', { orderId: 'b', lines: 2 }, { version: 0 });

    await model.drain();

    expect(seen).toEqual([['placed', 'OrderPlaced', { orderId: 'a', lines: 1 }], ['placed', 'OrderPlaced', { orderId: 'b', lines: 2 }]]);
  });

  test('both tell of the same event', async () => {
    const { model, seen, send } = given([placed, placedToday]);
    send('OrderPlaced', { orderId: 'a' });
    await model.drain();
    send('OrderPlaced', { orderId: 'a' }, { version: 0 });
    await model.drain();
    expect(model.letters).toMatchObject([{ reason: 'SchemaMismatch' }]);
    send('OrderPlaced', { orderId: 'a' });
    await model.drain();

    expect(seen).toHaveLength(1);
    expect(model.counted.counts).toMatchObject({ Processed: 1, Duplicate: 1 });
  });
});

describe('an event of a version that is newer than the consumer', () => {
  test('waits, without a try and without a letter, and is handled by the deployment that knows it', async () => {
    const { model, seen, deployed, send } = given([placed, cancelled]);
    const message = send('OrderPlaced', { orderId: 'a', lines: 7 }, { version: 2 });
    for (let receive = 0; receive < 12; receive++) {
      expect((await model.deliver([model.queue.handOut(message)]))?.batchItemFailures).toEqual([{ itemIdentifier: message.id }]);
    }

    expect(model.letters).toEqual([]);
    expect(model.table.records.size).toBe(0);
    expect(model.counted.counts).toEqual({ Misconfigured: 12 });

    deployed.on = [placed, placedToday, cancelled];
    await model.drain();

    expect(seen).toEqual([['placed', 'OrderPlaced', { orderId: 'a', lines: 7 }]]);
    expect(model.letters).toEqual([]);
  });

  test('holds up nobody else of its batch', async () => {
    const { model, seen, send } = given();
    const message = send('OrderPlaced', { orderId: 'a' }, { version: 2 });
    send('OrderPlaced', { orderId: 'b' });

    expect(await model.deliver()).toEqual({ batchItemFailures: [{ itemIdentifier: message.id }] });
    expect(seen).toHaveLength(1);
  });

  test('is one that the newest of its own source does not know, whatever another source has', async () => {
    const { model, send } = given([{ ...cancelledElsewhere, version: 5 }, cancelled]);
    send('OrderCancelled', { orderId: 'a' }, { version: 2 });

    await model.deliver();

    expect(model.counted.counts).toEqual({ Misconfigured: 1 });
  });
});

describe('what is none of the events', () => {
  test.each([
    ['another type', 'OrderShipped', {}],
    ['the type of another source', 'OrderPlaced', { source: 'market' }],
    ['a type that only differs in case', 'orderPlaced', {}],
    ['a name that every object has', 'constructor', {}],
  ])('is set aside at once, with the names of those that are expected: %s', async (_what, type, metadata) => {
    const { model, seen, send } = given();
    const { body } = send(type, { orderId: 'a' }, metadata);

    await model.deliver();

    expect(seen).toEqual([]);
    expect(model.letters).toMatchObject([{ reason: 'UnknownType', body, message: expect.stringContaining('(OrderPlaced of shop, OrderCancelled of shop)') }]);
  });

  test('has its name cut short in the letter', async () => {
    const { model, send } = given();
    send('x'.repeat(5_000), { orderId: 'a' });

    await model.deliver();

    expect(model.letters[0]!.message!.length).toBeLessThan(400);
  });

  test('is a bare fact that could be any of several', async () => {
    const { model } = given();
    model.queue.send('{"orderId":"a"}');

    await model.deliver();

    expect(model.letters).toMatchObject([{ reason: 'UnknownType', message: expect.stringContaining('send it in its envelope') }]);
  });
});

test('one type of two sources is two events, each with the schema of its source', async () => {
  const { model, seen, send } = given([cancelled, cancelledElsewhere]);
  send('OrderCancelled', { orderId: 'a', market: 'm' });
  send('OrderCancelled', { orderId: 'a', market: 'm' }, { source: 'market' });

  await model.drain();

  expect(seen).toEqual([['cancelled', 'OrderCancelled', { orderId: 'a', why: 'no reason' }], ['cancelled', 'OrderCancelled', { orderId: 'a', market: 'm' }]]);
});

test('an event that has gone through too many handlers is a loop, and is set aside; the last one before that is handled', async () => {
  const { model, seen, send } = given();
  send('OrderPlaced', { orderId: 'a' }, { hops: 16 });
  send('OrderPlaced', { orderId: 'b' }, { hops: 17 });

  await model.drain();

  expect(seen).toEqual([['placed', 'OrderPlaced', { orderId: 'a' }]]);
  expect(model.letters).toMatchObject([{ reason: 'TooManyHops', message: expect.stringContaining('17') }]);
});
