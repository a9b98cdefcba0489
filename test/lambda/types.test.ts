import { z } from 'zod';
import { z as mini } from 'zod/mini';
import { environment } from './consumer-model';
import { MemoryStore } from './memory-store';
import { QueueModel } from './queue-model';
import {
  asyncConsumer, defineEvent, eventConsumer, type IdempotencyStore, type OutputOf, queueConsumer, type QueueHandler, type StandardSchema, streamConsumer,
  tableStreamConsumer, topicConsumer,
} from '../../lambda';

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

const orderShipped = defineEvent({ source: 'shop', type: 'OrderShipped', version: 1, schema: z.object({ orderId: z.string(), parcels: z.number() }), key: ({ orderId }) => orderId });
const orderPlacedToday = defineEvent({
  source: 'shop', type: 'OrderPlaced', version: 2, schema: z.object({ orderId: z.string(), lines: z.array(z.string()) }), key: ({ orderId }) => orderId,
});
const orderMoved = defineEvent({
  source: 'shop', type: 'OrderMoved', version: 1, schema: z.object({ orderId: z.string(), step: z.number() }), key: ({ orderId }) => orderId, orderBy: ({ step }) => step,
});
const invoiced = defineEvent({ source: 'billing', type: 'Invoiced', version: 1, schema: z.object({ orderId: z.string(), total: z.coerce.number() }), key: ({ orderId }) => orderId });
const store = {} as IdempotencyStore;

/** That two types are the same, none wider. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
const same = <A, B>(..._proof: Same<A, B> extends true ? [] : [never]) => {};

test('gives each function of a map the data of its own event', () => {
  const never = () => {
    queueConsumer({
      on: [orderPlaced, orderShipped],
      process: {
        OrderPlaced: (data) => { same<typeof data, { orderId: string; amount: number }>(); },
        OrderShipped: (data) => { same<typeof data, { orderId: string; parcels: number }>(); },
      },
    });
    // one function for two versions gets either
    queueConsumer({
      on: [orderPlaced, orderPlacedToday],
      process: { OrderPlaced: (data) => { same<typeof data, { orderId: string; amount: number } | { orderId: string; lines: string[] }>(); } },
    });
    queueConsumer({ on: [orderShipped], process: { OrderShipped: ({ parcels }) => { parcels.toFixed(); } } });
    for (const door of [topicConsumer, eventConsumer, asyncConsumer, streamConsumer]) {
      door({
        on: [orderPlaced, orderShipped], process: { OrderPlaced: ({ amount }) => { amount.toFixed(); }, OrderShipped: ({ parcels }) => { parcels.toFixed(); } },
      });
    }
  };

  expect(never).toBeInstanceOf(Function);
});

test('gives a handler the effects of its way to remember', () => {
  const never = () => {
    queueConsumer({
      on: orderPlaced, emits: [invoiced, orderShipped],
      process: async ({ orderId }, { tx }) => {
        tx.write({ Put: { TableName: 'orders', Item: { orderId } } });
        // as the schema takes it, not as it gives it out
        tx.emit(invoiced, { orderId, total: '12.50' });
        tx.emit(orderShipped, { orderId, parcels: 1 });
        const receipt = await tx.once('charge', async (key) => ({ key, paid: key !== '' }));
        same<typeof receipt, { key: string; paid: boolean }>();
        const nothing = await tx.once('ship', () => {}, { onTimeout: 'block' });
        same<typeof nothing, void>();
      },
    });
    queueConsumer({ on: orderMoved, idempotency: 'entity', process: ({ orderId }, { tx }) => tx.write({ Delete: { TableName: 'orders', Key: { orderId } } }) });
    queueConsumer({ on: orderPlaced, idempotency: 'claim', store, process: async (_order, { tx }) => { await tx.once('charge', () => 7); } });
    tableStreamConsumer({
      item: schema, emits: [invoiced],
      process: {
        insert: (item, { tx }) => { same<typeof item, { orderId: string; amount: number }>(); tx.emit(invoiced, { orderId: item.orderId, total: 1 }); },
        modify: ({ before, after }) => { same<typeof before, typeof after | undefined>(); after.amount.toFixed(); },
      },
    });
    tableStreamConsumer({ process: { remove: (item) => { same<typeof item, Record<string, unknown>>(); } } });
  };

  expect(never).toBeInstanceOf(Function);
});

test('refuses what does not fit several events, what is emitted, or the way to remember', () => {
  const never = () => {
    // @ts-expect-error the function of an event is missing
    queueConsumer({ on: [orderPlaced, orderShipped], process: { OrderPlaced: () => {} } });
    // @ts-expect-error there is no such event
    queueConsumer({ on: [orderPlaced], process: { OrderPlaced: () => {}, OrderLost: () => {} } });
    // @ts-expect-error several events need a function each
    queueConsumer({ on: [orderPlaced, orderShipped], process: () => {} });
    // @ts-expect-error one event needs no map
    queueConsumer({ on: orderPlaced, process: { OrderPlaced: () => {} } });
    // @ts-expect-error no event at all
    queueConsumer({ on: [], process: {} });
    // @ts-expect-error that is the data of the other event
    queueConsumer({ on: [orderPlaced, orderShipped], process: { OrderPlaced: ({ parcels }) => { void parcels; }, OrderShipped: () => {} } });
    // @ts-expect-error of two versions of one type only one has it
    queueConsumer({ on: [orderPlaced, orderPlacedToday], process: { OrderPlaced: ({ lines }) => { void lines; } } });
    // @ts-expect-error a function for one version must not be given the other
    queueConsumer({ on: [orderPlaced, orderPlacedToday], process: { OrderPlaced: (order: { orderId: string; lines: string[] }) => { void order; } } });

    // @ts-expect-error the event is not declared
    queueConsumer({ on: orderPlaced, emits: [invoiced], process: ({ orderId }, { tx }) => tx.emit(orderShipped, { orderId, parcels: 1 }) });
    // @ts-expect-error no event is declared
    queueConsumer({ on: orderPlaced, process: ({ orderId }, { tx }) => tx.emit(invoiced, { orderId, total: 1 }) });
    // @ts-expect-error the payload is that of another event
    queueConsumer({ on: orderPlaced, emits: [invoiced, orderShipped], process: ({ orderId }, { tx }) => tx.emit(orderShipped, { orderId, total: 1 }) });
    // @ts-expect-error a part of the payload is missing
    queueConsumer({ on: orderPlaced, emits: [invoiced], process: ({ orderId }, { tx }) => tx.emit(invoiced, { orderId }) });
    // @ts-expect-error a step gives what JSON can hold
    queueConsumer({ on: orderPlaced, process: async (_order, { tx }) => { await tx.once('charge', () => new Date()); } });
    // @ts-expect-error a step gives what JSON can hold
    queueConsumer({ on: orderPlaced, process: async (_order, { tx }) => { await tx.once('charge', () => 1n); } });
    // @ts-expect-error there is no third way
    queueConsumer({ on: orderPlaced, process: async (_order, { tx }) => { await tx.once('charge', () => {}, { onTimeout: 'ignore' }); } });

    // @ts-expect-error an entity remembers places, and these events have none
    queueConsumer({ on: orderPlaced, idempotency: 'entity', process: () => {} });
    // @ts-expect-error one of the events has no place
    queueConsumer({ on: [orderMoved, orderPlaced], idempotency: 'entity', process: { OrderMoved: () => {}, OrderPlaced: () => {} } });
    // @ts-expect-error one write is no transaction: nothing can be emitted with it
    queueConsumer({ on: orderMoved, idempotency: 'entity', process: ({ orderId }, { tx }) => tx.emit(invoiced, { orderId, total: 1 }) });
    // @ts-expect-error the entity has no room for steps
    queueConsumer({ on: orderMoved, idempotency: 'entity', process: async (_order, { tx }) => { await tx.once('charge', () => {}); } });
    // @ts-expect-error a claim commits nothing
    queueConsumer({ on: orderPlaced, idempotency: 'claim', process: ({ orderId }, { tx }) => tx.write({ Put: { TableName: 'orders', Item: { orderId } } }) });
    // @ts-expect-error a claim commits nothing
    queueConsumer({ on: orderPlaced, idempotency: 'claim', process: ({ orderId }, { tx }) => tx.emit(invoiced, { orderId, total: 1 }) });
    // @ts-expect-error there is no such way to remember
    queueConsumer({ on: orderPlaced, idempotency: 'none', process: () => {} });
    // @ts-expect-error that is no store
    queueConsumer({ on: orderPlaced, idempotency: 'claim', store: { get: () => {} }, process: () => {} });
    // @ts-expect-error gaps can only be seen where there are places
    defineEvent({ source: 'shop', type: 'A', version: 1, schema, key: ({ orderId }) => orderId, gapless: true });
    // @ts-expect-error a place is a number or a text
    defineEvent({ source: 'shop', type: 'A', version: 1, schema, key: ({ orderId }) => orderId, orderBy: () => new Date() });
    // @ts-expect-error there is no such class of failures
    queueConsumer({ on: orderPlaced, classify: () => 'fatal', process: () => {} });
    // @ts-expect-error only a queue has groups that can be parked
    streamConsumer({ on: orderPlaced, onGroupPoison: 'park', process: () => {} });
    // @ts-expect-error a table has no such change
    tableStreamConsumer({ process: { update: () => {} } });
    // @ts-expect-error the changes of a table are no places of an entity
    tableStreamConsumer({ idempotency: 'entity', process: { insert: () => {} } });
  };

  expect(never).toBeInstanceOf(Function);
});
