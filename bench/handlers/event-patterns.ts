// Records a receipt for each order, once.
import { defineEvent, queueConsumer } from 'cdk-event-patterns/lambda';
import * as z from 'zod';

const orderPlaced = defineEvent({
  source: 'shop.checkout',
  type: 'OrderPlaced',
  version: 1,
  schema: z.object({ orderId: z.string().min(1), customer: z.string().min(1), quantity: z.int().positive() }),
  key: (order) => order.orderId,
});

export const handler = queueConsumer({
  on: orderPlaced,
  process: (order, { tx, log }) => {
    tx.write({ Put: { TableName: process.env.RECEIPTS_TABLE!, Item: order } });
    log.info('receipt recorded');
  },
});
