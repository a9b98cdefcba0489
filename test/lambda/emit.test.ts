import { z } from 'zod/mini';
import { environment, type FunctionModel, type Order, orderPlaced, writeOf } from './consumer-model';
import { MadeModel, outbox } from './made-model';
import { useVirtualClock } from './virtual-clock';
import { type ConsumerEnvironment, defineEvent, type Processing, queueConsumer, type Tx } from '../../lambda';

useVirtualClock();

const invoiced = defineEvent({
  source: 'billing', type: 'OrderInvoiced', version: 3, schema: z.object({ orderId: z.string(), more: z.optional(z.unknown()) }), key: ({ orderId }) => ['invoice', orderId],
});
const counted = defineEvent({
  source: 'billing', type: 'Counted', version: 1, schema: z.object({ orderId: z.string(), place: z.number() }), key: ({ orderId }) => orderId, orderBy: ({ place }) => place,
});
const undeclared = defineEvent({ source: 'billing', type: 'Undeclared', version: 1, schema: invoiced.schema, key: ({ orderId }) => orderId });

type Work = (order: Order, processing: Processing<Tx<typeof invoiced | typeof counted>>, lambda: FunctionModel) => Promise<void> | void;

interface Circumstances {
  readonly fault?: (call: string, moment: 'before' | 'after', lambda: FunctionModel) => Promise<void> | void;
  readonly environment?: Partial<ConsumerEnvironment>;
}

const writeAndEmit: Work = ({ orderId }, { tx }) => {
  tx.write(writeOf(orderId));
  tx.emit(invoiced, { orderId });
};

const given = (process: Work = writeAndEmit, { fault, ...more }: Circumstances = {}) => new MadeModel(
  (collaborators, lambda) => queueConsumer({
    on: orderPlaced, emits: [invoiced, counted], process: (order, processing) => process(order, processing, lambda),
  }, collaborators),
  { environment: { ...outbox, ...more.environment }, ...(fault ? { fault } : {}) },
);

const envelopeOf = (orderId: string, metadata: object = {}) => JSON.stringify({
  metadata: { id: `event-${orderId}`, source: 'shop', type: 'OrderPlaced', version: 1, time: '2026-01-05T07:59:00Z', correlationId: 'request-1', hops: 2, ...metadata },
  data: { orderId, amount: 1 },
});

describe('an emitted event', () => {
  test('lies in the outbox as it will travel, until long after it has left', async () => {
    const model = given();
    model.place('a');

    await model.drain();

    expect(model.emitted).toMatchObject([{ metadata: { source: 'billing', type: 'OrderInvoiced', version: 3, idempotencyKey: 'invoice/a' }, data: { orderId: 'a' } }]);
    const [row] = model.table.db.items(outbox.outbox.table);
    expect(row).toEqual({ id: model.emitted[0]!.metadata.id, event: expect.any(String), expiration: Math.floor(Date.parse('2026-01-05T08:00:00Z') / 1000) + 14 * 86_400 });
  });

  test('is one event, however often the handler emits it', async () => {
    const model = given(({ orderId }, { tx }) => { for (let times = 0; times < 3; times++) { tx.emit(invoiced, { orderId }); } });
    model.place('a');

    await model.drain();

    expect(model.emitted).toHaveLength(1);
    expect(model.counted.counts).toMatchObject({ Emitted: 1 });
    expect(model.queue.deadLetters).toEqual([]);
  });

  test('is committed in one transaction with the writes and with the memory of its cause', async () => {
    const transactions: number[] = [];
    const model = given();
    model.table.db.onChange(() => { transactions.push(model.table.effects.length); });
    model.place('a');

    await model.drain();

    // the claim comes first; the effects are noted after all three changes of the transaction
    expect(transactions).toEqual([0, 0, 0, 0]);
    expect(model.table.db.changes.slice(1).map(({ table }) => table)).toEqual(['memory', 'orders', 'shop-outbox']);
  });

  test.each(['before', 'after'] as const)('is there if and only if the writes are, when the function dies %s the commit', async (at) => {
    let deaths = 0;
    const model = given(writeAndEmit, { fault: (call, moment, lambda) => call === 'complete' && moment === at && deaths++ === 0 ? lambda.die() : undefined });
    model.place('a');

    await model.deliver();
    expect(model.emitted).toHaveLength(at === 'after' ? 1 : 0);
    expect(model.done).toHaveLength(at === 'after' ? 1 : 0);
    await model.drain();

    expect(model.emitted).toHaveLength(1);
    expect(model.done).toEqual(['a']);
    expect(model.table.db.changes.filter(({ table }) => table === outbox.outbox.table)).toHaveLength(1);
  });

  test('is not sent by a try that failed, nor when a condition of the writes is not met', async () => {
    const refused = { Put: { TableName: 'orders', Item: { orderId: 'a' }, ConditionExpression: 'attribute_exists(orderId)' } };
    const model = given(({ orderId }, { tx, meta }) => {
      tx.emit(counted, { orderId, place: meta.attempt });
      if (meta.attempt === 1) { throw new Error('too late'); }
      if (meta.attempt === 2) { tx.write(refused); }
    });
    model.place('a');

    await model.drain();

    expect(model.emitted.map(({ data }) => data)).toEqual([{ orderId: 'a', place: 3 }]);
    expect(model.counted.counts).toMatchObject({ Emitted: 1, Retried: 2, Processed: 1 });
  });

  test('is not sent by a run that another one has overtaken', async () => {
    const model = given(({ orderId }, { tx, meta }) => {
      tx.emit(counted, { orderId, place: meta.receiveCount });
      const [key] = [...model.table.records.keys()];
      if (meta.receiveCount === 1) { model.table.rewrite(key!, { owner: 'another', in_progress_expiration: Date.now() - 1 }); }
    });
    model.place('a');

    await model.drain();

    expect(model.emitted).toMatchObject([{ data: { place: 2 } }]);
  });

  test('has the same id on every try and in every run, and another one for another event', async () => {
    const idsOf = async (...orders: readonly string[]) => {
      const model = given(({ orderId }, { tx, meta }) => {
        tx.emit(invoiced, { orderId });
        tx.emit(counted, { orderId, place: 1 });
        tx.emit(counted, { orderId, place: 2 });
        if (meta.attempt < 1 + orders.length) { throw new Error('not yet'); }
      });
      orders.forEach((order) => model.place(order));
      await model.drain();
      return model.emitted.map(({ metadata }) => metadata.id);
    };

    const [one, both] = [await idsOf('a'), await idsOf('a', 'b')];

    expect(new Set(both).size).toBe(6);
    expect(both).toEqual(expect.arrayContaining(one));
  });

  test('takes its cause over from the event that is handled', async () => {
    const model = given();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    model.queue.send(envelopeOf('a', { traceparent, causationId: 'event-before' }));
    model.queue.send(envelopeOf('b', { correlationId: 'request-2', hops: 15 }));
    const bare = model.place('c');

    await model.drain();

    const causes = Object.fromEntries(model.emitted.map(({ metadata: { idempotencyKey, correlationId, causationId, hops, traceparent: trace } }) => [
      idempotencyKey, { correlationId, causationId, hops, trace },
    ]));
    expect(causes).toEqual({
      'invoice/a': { correlationId: 'request-1', causationId: 'event-a', hops: 3, trace: traceparent },
      'invoice/b': { correlationId: 'request-2', causationId: 'event-b', hops: 16 },
      'invoice/c': { correlationId: bare.id, causationId: bare.id, hops: 1 },
    });
  });
});

describe('what cannot be emitted', () => {
  test('is an event that the consumer has not declared: it is tried again, and set aside with what to do', async () => {
    const model = given(({ orderId }, { tx }) => tx.emit(undeclared as never, { orderId } as never));
    model.place('a');

    await model.drain();

    expect(model.letters).toMatchObject([{ message: 'Undeclared is not among the events that this consumer emits: add it to `emits`' }]);
    expect(model.emitted).toEqual([]);
  });

  test.each([
    ['that its schema refuses', { orderId: 7 }, 'SchemaMismatch', 'the data is no OrderInvoiced version 3: orderId'],
    ['without a key', { orderId: ' ' }, 'MissingKey', 'OrderInvoiced.key gave no text for part 2 of 2'],
    ['that refers to itself', { orderId: 'a', more: circular() }, 'NotStorable', 'the data of OrderInvoiced cannot be stored: Converting circular structure'],
    ['with a BigInt', { orderId: 'a', more: 1n }, 'NotStorable', 'the data of OrderInvoiced cannot be stored'],
    ['of more than 400 KB', { orderId: 'a', more: 'x'.repeat(410_000) }, 'ItemTooLarge', 'DynamoDB refuses'],
  ])('is data %s: its cause is set aside at once with that reason, and nothing is written', async (_what, data, reason, message) => {
    const model = given(({ orderId }, { tx }) => {
      tx.write(writeOf(orderId));
      tx.emit(invoiced, data as never);
    });
    model.place('a');

    await model.drain();

    expect(model.letters).toMatchObject([{ reason, message: expect.stringContaining(message), attempt: 1 }]);
    expect([model.emitted, model.done]).toEqual([[], []]);
    expect(model.counted.counts).not.toHaveProperty('Emitted');
  });

  test('is the hundredth action of a transaction', async () => {
    const numbers = Array.from({ length: 99 }, (_, place) => place);
    const emitAll = (more: Work): Work => (order, processing, lambda) => {
      for (const place of numbers) { processing.tx.emit(counted, { orderId: order.orderId, place }); }
      return more(order, processing, lambda);
    };
    const [fits, not] = [given(emitAll(() => {})), given(emitAll(({ orderId }, { tx }) => tx.write(writeOf(orderId))))];
    for (const model of [fits, not]) { model.place('a'); }

    await fits.drain();
    await not.drain();

    expect(fits.emitted).toHaveLength(99);
    expect(not.emitted).toEqual([]);
    expect(not.letters).toMatchObject([{ message: 'a transaction takes 99 writes, this would be 100' }]);
  });

  test('is what comes after the handler has returned', async () => {
    const late: unknown[] = [];
    const model = given(({ orderId }, { tx }) => { setTimeout(() => { try { tx.emit(invoiced, { orderId }); } catch (error) { late.push(error); } }, 10); });
    model.place('a');

    await model.drain();
    jest.advanceTimersByTime(10);

    expect(late).toEqual([new Error('the transaction is over: await everything before the handler returns')]);
    expect(model.emitted).toEqual([]);
  });
});

test('a handler that emits fails at its start without an outbox, and names the construct that needs one', () => {
  const start = () => queueConsumer({ on: orderPlaced, emits: [invoiced], process: () => {} }, { environment });

  expect(start).toThrow(expect.objectContaining({ name: 'EnvironmentError', message: 'consumer of Shop/Orders: `emits` needs an outbox: give Shop/Orders an `outbox`' }));
});

test.each(['claim', 'entity'] as const)('a handler that emits fails at its start where there is no transaction (%s)', (idempotency) => {
  const options = { on: orderPlaced, emits: [invoiced], idempotency, process: () => {} };
  const start = () => queueConsumer(options as never, { environment: { ...environment, ...outbox } });

  expect(start).toThrow(`\`emits\` needs \`idempotency: 'transaction'\`, this is '${idempotency}'`);
});

function circular(): object {
  const self: { self?: object } = {};
  self.self = self;
  return self;
}
