// Records a receipt for each order, once.
import { defineEvent, queueConsumer } from 'cdk-event-patterns/lambda';
import * as z from 'zod/mini';

const orderPlaced = defineEvent({
  source: 'shop.checkout',
  type: 'OrderPlaced',
  version: 1,
  schema: z.object({ orderId: z.string().check(z.minLength(1)), customer: z.string().check(z.minLength(1)), quantity: z.int().check(z.positive()) }),
  key: (order) => order.orderId,
});

export const handler = queueConsumer({
  on: orderPlaced,
  process: (order, { tx, log }) => {
    tx.write({ Put: { TableName: process.env.RECEIPTS_TABLE!, Item: order } });
    log.info('receipt recorded');
  },
});
