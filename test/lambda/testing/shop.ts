import { z } from 'zod/mini';
import { defineEvent, event, type Process, queueConsumer } from '../../../lambda';
import { testConsumer, type TestOptions } from '../../../lambda/testing';

/** The event of these tests, and one that is emitted for it. */
export const orderPlaced = defineEvent({
  source: 'shop', type: 'OrderPlaced', version: 1, schema: z.object({ orderId: z.string(), sku: z.string() }), key: ({ orderId }) => orderId,
});
export const stockReserved = defineEvent({
  source: 'shop', type: 'StockReserved', version: 1, schema: z.object({ orderId: z.string() }), key: ({ orderId }) => orderId,
});

/** An event whose place among those of its order is known. */
export const orderChanged = defineEvent({
  source: 'shop', type: 'OrderChanged', version: 1, schema: z.object({ orderId: z.string(), step: z.number() }), key: ({ orderId }) => orderId, orderBy: ({ step }) => step,
});
export const orderMoved = defineEvent({ ...orderChanged, type: 'OrderMoved', gapless: true });

export interface Order { readonly orderId: string; readonly sku: string }

export const order = (orderId: string) => event(orderPlaced, { orderId, sku: 'book' });

/** Takes one of an article out of stock. */
export const takeOne = (sku: string) => ({
  Update: { TableName: 'stock', Key: { sku }, UpdateExpression: 'SET available = available - :one', ExpressionAttributeValues: { ':one': 1 } },
});

/** A handler that takes what was ordered out of stock, unless it is to do something else. */
export const handlerThat = (process: Process<Order> = ({ sku }, { tx }) => tx.write(takeOne(sku))) => queueConsumer({ on: orderPlaced, process });

/** A handler in its test; there are five books. */
export const given = (handler: Parameters<typeof testConsumer>[0] = handlerThat(), options?: TestOptions) =>
  testConsumer(handler, options).table('stock', { partitionKey: 'sku' }).given('stock', { sku: 'book', available: 5 });

/** The message with which something fails. */
export function failureOf(work: () => void): string {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('it did not fail');
}
