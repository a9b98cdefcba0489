import { AssertionError } from 'node:assert';
import { failureOf, given, handlerThat, order, orderPlaced, stockReserved } from './shop';
import { event, queueConsumer } from '../../../lambda';
import { type Expectation, testConsumer } from '../../../lambda/testing';

/** A handler that has done something of everything. */
async function eventful() {
  const test = given(queueConsumer({
    on: orderPlaced, emits: [stockReserved], process: ({ orderId }, { tx, log }) => {
      if (orderId === 'bad') { log.createLogger().warn('it looks bad'); throw new TypeError('bad has no price'); }
      tx.write({ Put: { TableName: 'orders', Item: { id: orderId, lines: [{ sku: 'book', tags: new Set(['new']) }], note: 'a' } } });
      tx.emit(stockReserved, { orderId });
    },
  }));
  await test.deliver([order('a'), order('bad'), order('b')]);
  return test;
}

const all: Expectation = {
  effects: {
    orders: [{ id: 'b' }, { id: 'a', lines: [{ sku: 'book', tags: new Set(['new']) }] }],
    stock: [{ sku: 'book', available: 5 }],
    nothing: [],
  },
  emitted: [event(stockReserved, { orderId: 'a' }), event(stockReserved, { orderId: 'b' })],
  poisoned: [{ reason: 'TypeError', message: 'bad has no price', attempt: 5 }],
  answer: { batchItemFailures: [] },
  metrics: { Processed: 2, Poisoned: 1, Stale: 0 },
};

test('says nothing when everything is as expected', async () => {
  const test = await eventful();

  test.expect(all);
});

test.each<[string, Expectation, string]>([
  ['an item with another attribute', { effects: { orders: [{ id: 'a', note: 'z' }, { id: 'b' }] } }, '-     note: \'z\''],
  ['an item that is not there', { effects: { orders: [{ id: 'a' }, { id: 'b' }, { id: 'c' }] } }, '-     id: \'c\''],
  ['an item that nobody expects', { effects: { orders: [{ id: 'a' }] } }, '+     id: \'b\''],
  ['an attribute that nobody expects', { effects: { orders: [{ id: 'a', note: undefined }, { id: 'b' }] } }, '+     note: \'a\''],
  ['an event with other data', { emitted: [event(stockReserved, { orderId: 'a' }), event(stockReserved, { orderId: 'c' })] }, '-       orderId: \'c\''],
  ['an event of another type', { emitted: [event(orderPlaced, { orderId: 'a', sku: 'book' }), event(stockReserved, { orderId: 'b' })] }, '-     type: \'OrderPlaced\''],
  ['an event that nobody expects', { emitted: [event(stockReserved, { orderId: 'b' })] }, '+       orderId: \'a\''],
  ['another reason', { poisoned: [{ reason: 'NotJson' }] }, '-     reason: \'NotJson\''],
  ['poison that nobody speaks of', { poisoned: undefined } as object, '+     message: \'bad has no price\''],
  ['another answer', { answer: { batchItemFailures: [{ itemIdentifier: 'message-1' }] } }, '-       itemIdentifier: \'message-1\''],
  ['another answer than none', { answer: undefined }, '- undefined'],
  ['a metric', { metrics: { Processed: 2, Stale: 1 } }, '-   Stale: 1'],
])('fails on %s', async (_what, expectation, line) => {
  const test = await eventful();

  expect(failureOf(() => test.expect({ poisoned: all.poisoned!, ...expectation }))).toContain(line);
});

test('names everything that differs at once, as its reader would want it', async () => {
  const test = await eventful();

  expect(failureOf(() => test.expect({ effects: { orders: [{ id: 'a', note: 'z' }, { id: 'b' }], stock: [] }, metrics: { Processed: 3 } }))).toBe(`4 things are not as expected (- expected, + found)

effects.orders:
    [
      {
        id: 'a',
  -     note: 'z'
  +     note: 'a'
      },
      {
        id: 'b'
      }
    ]

effects.stock:
  - []
  + [
  +   {
  +     available: 5,
  +     sku: 'book'
  +   }
  + ]

poisoned:
  - []
  + [
  +   {
  +     at: '${test.poisoned[0]!.at}',
  +     attempt: 5,
  +     body: '${test.poisoned[0]!.body}',
  +     consumer: 'test',
  +     correlationId: '${test.poisoned[0]!.correlationId}',
  +     message: 'bad has no price',
  +     messageId: 'message-2',
  +     reason: 'TypeError',
  +     receiveCount: 5,
  +     source: 'arn:aws:sqs:eu-west-1:123456789012:test'
  +   }
  + ]

metrics:
    {
  -   Processed: 3
  +   Processed: 2
    }

the log says:
  it looks bad (5 times)
  will be tried again: TypeError: bad has no price (4 times)
  set aside in the dead-letter queue: TypeError: bad has no price`);
});

test('fails with an AssertionError that has both sides, and points to the test', async () => {
  const test = await eventful();
  let error: unknown;

  try { test.expect({ ...all, metrics: { Processed: 3 } }); } catch (thrown) { error = thrown; }

  expect(error).toBeInstanceOf(AssertionError);
  expect(error).toMatchObject({ code: 'ERR_ASSERTION', expected: { metrics: { Processed: 3 } }, actual: { metrics: { Processed: 2 } } });
  expect((error as Error).stack!.split('\n').find((line) => line.includes(' at '))).toContain('expect.test.ts');
});

test('finds who belongs to whom where several would do', async () => {
  const test = testConsumer(handlerThat()).given('orders', { id: 'a', x: 1, y: 1 }, { id: 'b', x: 1, y: 2 }, { id: 'c', x: 2, y: 2 });

  test.expect({ effects: { orders: [{ x: 1 }, { y: 2 }, { x: 1, y: 1 }] } });
  expect(failureOf(() => test.expect({ effects: { orders: [{ x: 1 }, { x: 1 }, { x: 1 }] } }))).toContain('+     x: 2');
});

test('takes the matchers of a test runner', async () => {
  const test = testConsumer(handlerThat()).given('orders', { id: 'a', n: 1 });

  test.expect({ effects: { orders: [{ id: expect.any(String), n: expect.any(Number) }] } });
  expect(failureOf(() => test.expect({ effects: { orders: [{ id: expect.any(String), n: expect.any(String) }] } }))).toContain('-     n: Any<String>');
});

test('shows two texts that have too many lines to be compared', () => {
  const test = testConsumer(handlerThat()).given('orders', { id: 'a', n: Array.from({ length: 500 }, (_, index) => index) });

  const message = failureOf(() => test.expect({ effects: { orders: [{ id: 'b' }] } }));

  expect(message).toContain('-     id: \'b\'');
  expect(failureOf(() => test.expect({ effects: { orders: [] } }))).toContain('+       499');
});

test('what has happened is there as data, too', async () => {
  const test = await eventful();

  expect(test.items('orders')).toHaveLength(2);
  expect(test.emitted).toMatchObject([{ type: 'StockReserved', data: { orderId: 'a' } }, { data: { orderId: 'b' } }]);
  expect(test.poisoned).toMatchObject([{ reason: 'TypeError', attempt: 5, body: expect.stringContaining('"bad"') }]);
  expect(test.metrics).toMatchObject({ Processed: 2, Retried: 4, Poisoned: 1, Emitted: 2 });
  expect(test.log.filter(({ message }) => message === 'it looks bad')).toMatchObject([1, 2, 3, 4, 5].map((attempt) => ({ level: 'WARN', service: 'test', key: 'bad', attempt })));
});

test('prints nothing', async () => {
  const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);

  await eventful();

  expect(write).not.toHaveBeenCalled();
});
