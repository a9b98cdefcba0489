import { defineEvent, queueConsumer } from 'cdk-event-patterns/lambda';
import * as z from 'zod';

const orderPlaced = defineEvent({
  source: 'shop.checkout',
  type: 'OrderPlaced',
  version: 1,
  schema: z.object({ orderId: z.string() }),
  key: (order) => order.orderId,
});

export const handler = queueConsumer({
  on: orderPlaced,
  process: (order, { tx, log }) => {
    tx.write({ Put: { TableName: 'Receipts', Item: { orderId: order.orderId } } });
    log.info('reserved');
  },
});
