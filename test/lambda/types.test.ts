import { z } from 'zod';
import { z as mini } from 'zod/mini';
import { environment } from './consumer-model';
import { MemoryStore } from './memory-store';
import { QueueModel } from './queue-model';
import { defineEvent, type OutputOf, queueConsumer, type QueueHandler, type StandardSchema } from '../../lambda';

// What is proved here is proved by the compiler: every line below a `@ts-expect-error` must be an error.

const schema = z.object({ orderId: z.string(), amount: z.coerce.number() });
const orderPlaced = defineEvent({ source: 'shop', type: 'OrderPlaced', version: 1, schema, key: ({ orderId }) => orderId });
const collaborators = { environment, store: new MemoryStore(), sqs: new QueueModel(1, 50).client() };

test('gives the handler what the schema puts out, not what it takes in', () => {
  const output: OutputOf<typeof schema> = { orderId: 'a', amount: 1 };
  const take = (...known: [string, number]) => { void known; };
  const handler: QueueHandler = queueConsumer({ on: orderPlaced, process: ({ orderId, amount }) => take(orderId, amount) }, collaborators);

  expect([output, handler]).toHaveLength(2);
});

test('takes a schema of any library that speaks Standard Schema', () => {
  const own: StandardSchema<unknown, { id: string }> = { '~standard': { version: 1, vendor: 'own', validate: () => ({ value: { id: 'a' } }) } };

  queueConsumer({ on: defineEvent({ source: 'shop', type: 'A', version: 1, schema: own, key: ({ id }) => id }), process: ({ id }) => { id.trim(); } }, collaborators);
  queueConsumer({ on: defineEvent({ source: 'shop', type: 'B', version: 1, schema: mini.object({ id: mini.string() }), key: ({ id }) => ['tenant', id] }), process: ({ id }) => { id.trim(); } }, collaborators);

  expect(orderPlaced.type).toBe<'OrderPlaced'>('OrderPlaced');
});

test('refuses what does not fit', () => {
  const never = () => {
    // @ts-expect-error the payload is not of the schema
    queueConsumer({ on: orderPlaced, process: (order: { customer: string }) => { void order; } });
    // @ts-expect-error the schema has no such property
    queueConsumer({ on: orderPlaced, process: ({ customer }) => { void customer; } });
    // @ts-expect-error amount has become a number
    queueConsumer({ on: orderPlaced, process: ({ amount }) => { amount.trim(); } });
    // @ts-expect-error the event is missing
    queueConsumer({ process: () => {} });
    // @ts-expect-error the handler is missing
    queueConsumer({ on: orderPlaced });
    // @ts-expect-error a result goes nowhere
    queueConsumer({ on: orderPlaced, process: async () => 7 });
    // @ts-expect-error the schema is missing
    defineEvent({ source: 'shop', type: 'A', version: 1, key: () => 'a' });
    // @ts-expect-error a schema of no known kind
    defineEvent({ source: 'shop', type: 'A', version: 1, schema: { orderId: 'string' }, key: () => 'a' });
    // @ts-expect-error the key is missing
    defineEvent({ source: 'shop', type: 'A', version: 1, schema });
    // @ts-expect-error the key is not a text
    defineEvent({ source: 'shop', type: 'A', version: 1, schema, key: ({ amount }) => amount });
    // @ts-expect-error the key may be missing
    defineEvent({ source: 'shop', type: 'A', version: 1, schema: z.object({ id: z.string().optional() }), key: ({ id }) => id });
    // @ts-expect-error the key is a promise
    defineEvent({ source: 'shop', type: 'A', version: 1, schema, key: async ({ orderId }) => orderId });
    // @ts-expect-error the version is not a number
    defineEvent({ source: 'shop', type: 'A', version: '1', schema, key: ({ orderId }) => orderId });
    // @ts-expect-error the transaction takes writes
    queueConsumer({ on: orderPlaced, process: (_order, { tx }) => tx.write({ Insert: { TableName: 'orders' } }) });
    // @ts-expect-error a write needs its table
    queueConsumer({ on: orderPlaced, process: (_order, { tx }) => tx.write({ Put: { Item: { id: 'a' } } }) });
    // @ts-expect-error a check needs its condition
    queueConsumer({ on: orderPlaced, process: (_order, { tx }) => tx.write({ ConditionCheck: { TableName: 'orders', Key: { id: 'a' } } }) });
    // @ts-expect-error the end of the transaction is not for handlers
    queueConsumer({ on: orderPlaced, process: (_order, { tx }) => { tx.close(); } });
    // @ts-expect-error what is known of a message is not to be changed
    queueConsumer({ on: orderPlaced, process: (_order, { meta }) => { meta.attempt = 1; } });
  };

  expect(never).toBeInstanceOf(Function);
});
