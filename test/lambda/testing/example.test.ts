import { defineEvent, event, queueConsumer } from 'cdk-event-patterns/lambda';
import { moments, testConsumer } from 'cdk-event-patterns/testing';
import { z } from 'zod/mini';

// what the function's file has

const orderPlaced = defineEvent({
  source: 'shop', type: 'OrderPlaced', version: 1, schema: z.object({ orderId: z.string(), sku: z.string() }), key: ({ orderId }) => orderId,
});
const stockReserved = defineEvent({
  source: 'shop', type: 'StockReserved', version: 1, schema: z.object({ orderId: z.string() }), key: ({ orderId }) => orderId,
});

const handler = queueConsumer({
  on: orderPlaced,
  emits: [stockReserved],
  process: ({ orderId, sku }, { tx }) => {
    tx.write({
      Update: {
        TableName: 'stock', Key: { sku }, UpdateExpression: 'SET available = available - :one',
        ConditionExpression: 'available > :none', ExpressionAttributeValues: { ':one': 1, ':none': 0 },
      },
    });
    tx.emit(stockReserved, { orderId });
  },
});

// what its test has

const given = () => testConsumer(handler).table('stock', { partitionKey: 'sku' }).given('stock', { sku: 'book', available: 5 });

test('takes a book out of stock', async () => {
  const shop = given();

  await shop.deliver(event(orderPlaced, { orderId: 'order-1', sku: 'book' }));

  shop.expect({
    effects: { stock: [{ sku: 'book', available: 4 }] },
    emitted: [event(stockReserved, { orderId: 'order-1' })],
  });
});

test.each(moments)('takes one book for an order that comes five times, although a function dies after %s', async (crashAfter) => {
  const shop = given();
  const orders = ['order-1', 'order-2'].map((orderId) => event(orderPlaced, { orderId, sku: 'book' }));

  await shop.deliver(orders, { times: 5, crashAfter, reorder: true });

  shop.expect({
    effects: { stock: [{ sku: 'book', available: 3 }] },
    emitted: [event(stockReserved, { orderId: 'order-1' }), event(stockReserved, { orderId: 'order-2' })],
  });
});

test('sets aside what is no order', async () => {
  const shop = given();

  await shop.deliver('no order');

  shop.expect({ effects: { stock: [{ available: 5 }] }, emitted: [], poisoned: [{ reason: 'NotJson', body: 'no order' }] });
});
