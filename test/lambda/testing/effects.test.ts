import { PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { failureOf, given, handlerThat, order, orderPlaced, stockReserved, takeOne } from './shop';
import { event, type IdempotencyStore, queueConsumer } from '../../../lambda';
import { MemoryDynamoDB, moments, testConsumer } from '../../../lambda/testing';

describe('a handler with a bug, an effect outside of tx', () => {
  /** Takes one out of stock by itself. */
  function careless() {
    const dynamodb = new MemoryDynamoDB();
    const client = dynamodb.client();
    const handler = handlerThat(async ({ sku }) => {
      await client.send(new UpdateItemCommand({
        TableName: 'stock', Key: { sku: { S: sku } }, UpdateExpression: 'SET available = available - :one', ExpressionAttributeValues: { ':one': { N: '1' } },
      }));
    });
    return given(handler, { dynamodb });
  }

  test('is not noticed while all goes well', async () => {
    const test = careless();

    await test.deliver(order('a'), { times: 5, reorder: true, crashBefore: 'process' });

    test.expect({ effects: { stock: [{ available: 4 }] } });
  });

  test.each([{ crashBefore: 'commit' }, { crashAfter: 'process' }, { throttle: 'commit' }] as const)('is noticed with %j', async (faults) => {
    const test = careless();

    await test.deliver(order('a'), faults);

    expect(failureOf(() => test.expect({ effects: { stock: [{ available: 4 }] } }))).toContain('+     available: 3');
  });

  test('is noticed when several die', async () => {
    const test = careless();

    await test.deliver(order('a'), { crashAfter: moments });

    expect(failureOf(() => test.expect({ effects: { stock: [{ sku: 'book', available: 4 }] } }))).toBe([
      'this is not as expected (- expected, + found)',
      '',
      'effects.stock:',
      '    [',
      '      {',
      '  -     available: 4,',
      '  +     available: 3,',
      '        sku: \'book\'',
      '      }',
      '    ]',
    ].join('\n'));
  });

  test('is noticed when it is a counter in a variable', async () => {
    let mails = 0;
    const test = given(handlerThat(() => { mails++; }));

    await test.deliver(order('a'), { crashAfter: 'process' });

    expect(mails).toBe(2);
  });

  test('is noticed in an item with an id of its own', async () => {
    const dynamodb = new MemoryDynamoDB();
    const client = dynamodb.client();
    let count = 0;
    const test = given(handlerThat(async () => { await client.send(new PutItemCommand({ TableName: 'mails', Item: { id: { S: `mail-${++count}` } } })); }), { dynamodb });

    await test.deliver(order('a'), { crashAfter: 'process' });

    expect(failureOf(() => test.expect({ effects: { mails: [{ id: 'mail-1' }] } }))).toContain('+     id: \'mail-2\'');
  });
});

describe('tx.emit', () => {
  const handler = queueConsumer({
    on: orderPlaced, emits: [stockReserved], process: ({ orderId, sku }, { tx }) => { tx.write(takeOne(sku)); tx.emit(stockReserved, { orderId }); },
  });

  test.each(moments)('sends once what it sends, although a function dies after %s', async (crashAfter) => {
    const test = given(handler);

    await test.deliver([order('a'), order('b')], { times: 3, crashAfter });

    test.expect({ emitted: [event(stockReserved, { orderId: 'b' }), event(stockReserved, { orderId: 'a' })] });
  });

  test('gives events with all that is said about them', async () => {
    const test = given(handler, { now: new Date('2026-01-05T08:00:00Z') });

    await test.deliver(order('a'));

    const [cause] = test.log;
    expect(test.emitted).toMatchObject([{
      type: 'StockReserved', data: { orderId: 'a' },
      metadata: { source: 'shop', version: 1, hops: 1, time: '2026-01-05T08:00:00.000Z', correlationId: cause!.correlationId, causationId: expect.any(String) },
    }]);
  });

  test('fails at once without the outbox that its construct would have to have', () => {
    expect(failureOf(() => given(handler, { environment: { outbox: undefined } as object }))).toContain('`emits` needs an outbox');
  });
});

describe('tx.once', () => {
  const payments = () => {
    const charges: string[] = [];
    const handler = queueConsumer({
      on: orderPlaced, process: async ({ orderId }, { tx }) => {
        const receipt = await tx.once('charge', (key) => { charges.push(key); return `receipt-${charges.length}`; });
        await tx.once('mail', () => {});
        tx.write({ Put: { TableName: 'payments', Item: { id: orderId, receipt } } });
      },
    });
    return { charges, test: testConsumer(handler) };
  };

  test.each(['claim', 'process', 'commit', 'answer'] as const)('charges once although a function dies after %s', async (crashAfter) => {
    const { charges, test } = payments();

    await test.deliver(order('a'), { times: 2, crashAfter });

    expect(charges).toHaveLength(1);
    test.expect({ effects: { payments: [{ id: 'a', receipt: 'receipt-1' }] } });
  });

  test('charges again, with the same key, when nobody can know that it has charged', async () => {
    const { charges, test } = payments();

    await test.deliver(order('a'), { crashAfter: 'step' });

    expect(charges).toHaveLength(2);
    expect(new Set(charges).size).toBe(1);
  });

  test.each([['crashBefore', 'step:charge', 1], ['crashBefore', 'step:mail', 1], ['crashAfter', 'step:mail', 1]] as const)('%s %s: charges once', async (when, moment, times) => {
    const { charges, test } = payments();

    await test.deliver(order('a'), { [when]: moment });

    expect(charges).toHaveLength(times);
    test.expect({ effects: { payments: [{ id: 'a' }] } });
  });

  test('sets aside what somebody must find out, with onTimeout: \'block\'', async () => {
    const test = testConsumer(queueConsumer({ on: orderPlaced, process: async (_order, { tx }) => tx.once('charge', () => {}, { onTimeout: 'block' }) }));

    await test.deliver(order('a'), { crashAfter: 'step:charge' });

    test.expect({ poisoned: [{ reason: 'OutcomeUnknown' }] });
  });
});

describe('idempotency: \'claim\'', () => {
  test.each(['claim', 'commit', 'answer'] as const)('does its steps once although a function dies after %s', async (crashAfter) => {
    let charges = 0;
    const test = testConsumer(queueConsumer({
      on: orderPlaced, idempotency: 'claim', process: async (_order, { tx }) => { await tx.once('charge', () => { charges++; }); },
    }));

    await test.deliver(order('a'), { times: 5, crashAfter, reorder: true });

    expect(charges).toBe(1);
  });

  test('leaves a store of its own alone', async () => {
    const store = new Proxy({} as IdempotencyStore, { get: (_store, name) => { throw new Error(`${String(name)} of the real store`); } });
    const test = testConsumer(queueConsumer({ on: orderPlaced, idempotency: 'claim', store, process: () => {} }));

    await test.deliver(order('a'), { times: 2, crashAfter: 'claim' });

    test.expect({ metrics: { Processed: 1, Duplicate: 1 } });
  });
});
