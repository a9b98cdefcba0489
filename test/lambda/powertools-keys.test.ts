import { ConsumerModel, type ModelOptions, type Order, orderPlaced } from './consumer-model';
import { drained, idempotent, showTraps, stepped, storeOf } from './powertools-traps';

// How Powertools' idempotency finds its keys, and whose they are.

interface Keyed { readonly tenant?: string; readonly orderId?: string; readonly amount?: number }

/** A contract whose key is made of these properties, whatever the schema says. */
const keyed = (...keys: readonly string[]): Pick<ModelOptions, 'on'> => ({
  on: {
    ...orderPlaced,
    schema: { '~standard': { version: 1, vendor: 'any', validate: (value) => ({ value: value as Order }) } },
    key: (order) => keys.map((key) => (order as never)[key]),
  },
});

showTraps({
  'two different events without a key are one event': {
    plain: async () => {
      const done: Keyed[] = [];
      const run = idempotent(async (event: Keyed) => { done.push(event); }, { config: { eventKeyJmesPath: '[tenant, orderId]' } });
      await run({ amount: 1 });
      await run({ amount: 2 });

      expect(done).toEqual([{ amount: 1 }]);
    },
    ours: async () => {
      const model = await drained([{ amount: 1 }, { amount: 2 }], keyed('tenant', 'orderId'));

      expect(model.letters.map(({ reason, body }) => [reason, body])).toEqual([['MissingKey', '{"amount":1}'], ['MissingKey', '{"amount":2}']]);
    },
  },
  'all events of a tenant without an order are one event, although a key is required': {
    plain: async () => {
      const done: Keyed[] = [];
      const config = { eventKeyJmesPath: '[tenant, orderId]', throwOnNoIdempotencyKey: true };
      const run = idempotent(async (event: Keyed) => { done.push(event); }, { config });
      await run({ tenant: 'blue', amount: 1 });
      await run({ tenant: 'blue', amount: 2 });

      expect(done).toHaveLength(1);
    },
    ours: async () => {
      const model = await drained([{ tenant: 'blue', amount: 1 }, { tenant: 'blue', amount: 2 }], keyed('tenant', 'orderId'));

      expect(model.letters).toMatchObject([{ reason: 'MissingKey' }, { reason: 'MissingKey' }]);
    },
  },
  'a key that is the number zero is none': {
    plain: async () => {
      const run = idempotent(async () => {}, { config: { eventKeyJmesPath: 'amount', throwOnNoIdempotencyKey: true } });

      await expect(run({ amount: 0 })).rejects.toMatchObject({ cause: { name: 'IdempotencyKeyError' } });
    },
    ours: async () => {
      const model = await drained([{ orderId: 'a', amount: 0 }, { orderId: 'a', amount: 0 }], { on: { ...orderPlaced, key: (order) => String((order as Order).amount) } });

      expect(model.done).toEqual(['a']);
    },
  },
  'a misspelled key switches idempotency off': {
    plain: async () => {
      let runs = 0;
      const run = idempotent(async () => { runs++; }, { config: { eventKeyJmesPath: 'orderID' } });
      await run({ orderId: 'a' });
      await run({ orderId: 'a' });

      expect(runs).toBe(2);
    },
    ours: async () => {
      // the compiler refuses it, see types.test.ts; whoever gets past it has letters
      const model = await drained([{ orderId: 'a', amount: 1 }, { orderId: 'a', amount: 1 }], keyed('orderID'));

      expect([model.done, model.letters.map(({ reason }) => reason)]).toEqual([[], ['MissingKey', 'MissingKey']]);
    },
  },
  'without a key, a message that is delivered twice is two events': {
    plain: async () => {
      let runs = 0;
      const model = new ConsumerModel();
      const message = model.place('a');
      const run = idempotent(async () => { runs++; });
      await run(model.queue.handOut(message));
      await run(model.queue.handOut(message));

      expect(runs).toBe(2);
    },
    ours: async () => {
      // there is no contract without a key, see types.test.ts
      const model = new ConsumerModel();
      const message = model.place('a');
      await model.deliver([model.queue.handOut(message)]);
      await model.deliver([model.queue.handOut(message)]);

      expect(model.tries).toEqual(['a']);
    },
  },
  'an event that its function changes keeps its key in progress': {
    plain: async () => {
      let runs = 0;
      const run = idempotent(async (event: { orderId: string }) => { runs++; event.orderId = 'changed'; });
      await run({ orderId: 'a' });

      await expect(run({ orderId: 'a' })).rejects.toMatchObject({ name: 'IdempotencyAlreadyInProgressError' });
      expect(runs).toBe(1);
    },
    ours: async () => {
      const change = (order: Order) => { Object.assign(order, { orderId: 'changed', amount: 7 }); };
      const model = await drained([{ orderId: 'a', amount: 1 }, { orderId: 'a', amount: 1 }], { process: change, batchSize: 1 });

      expect(model.tries).toEqual(['a']);
      expect([...model.table.records.values()]).toMatchObject([{ status: 'COMPLETED' }]);
    },
  },
  'of two functions one in the other, the inner one gives the result of the outer one': {
    plain: async () => {
      const store = storeOf();
      const inner = idempotent(async (_event: object) => 'inner', { store, keyPrefix: 'inner' });
      const outer = idempotent(async (event: object) => { await inner(event); return 'outer'; }, { store, keyPrefix: 'outer' });
      await outer({ orderId: 'a' });

      expect(await inner({ orderId: 'a' })).toBe('outer');
    },
    ours: async () => {
      const results: unknown[] = [];
      await stepped(async (_order, { tx, meta }) => {
        results.push(await tx.once('outer', async () => `outer of ${await tx.once('inner', () => 'inner')}`));
        if (meta.attempt < 2) { throw new Error('not yet'); }
      });

      expect(results).toEqual(['outer of inner', 'outer of inner']);
    },
  },
  'a second function with the store of the first gives the result of the first': {
    plain: async () => {
      const store = storeOf();
      const first = idempotent(async (_event: object) => 'first', { store, keyPrefix: 'first' });
      const second = idempotent(async (_event: object) => 'second', { store });
      await first({ orderId: 'a' });

      expect(await second({ orderId: 'a' })).toBe('first');
    },
    ours: async () => {
      const results: unknown[] = [];
      await stepped(async (_order, { tx }) => { results.push(await tx.once('first', () => 'first'), await tx.once('second', () => 'second')); });

      expect(results).toEqual(['first', 'second']);
    },
  },
  'of two functions with one store the second is not asked for its key': {
    plain: async () => {
      const store = storeOf();
      const done: Keyed[] = [];
      const first = idempotent(async (_event: Keyed) => {}, { store, keyPrefix: 'one', config: { eventKeyJmesPath: 'tenant' } });
      const second = idempotent(async (event: Keyed) => { done.push(event); }, { store, keyPrefix: 'one', config: { eventKeyJmesPath: 'orderId' } });
      await first({ tenant: 'red', orderId: 'z' });
      await second({ tenant: 'blue', orderId: 'a' });
      await second({ tenant: 'blue', orderId: 'b' });

      expect(done).toEqual([{ tenant: 'blue', orderId: 'a' }]);
    },
    ours: async () => {
      const [byTenant, byOrder] = [await drained([{ tenant: 'blue', orderId: 'z' }], keyed('tenant')), new ConsumerModel(keyed('orderId'))];
      byTenant.table.records.forEach((record, key) => byOrder.table.rewrite(key, record));
      for (const orderId of ['a', 'b']) { byOrder.queue.send(JSON.stringify({ tenant: 'blue', orderId })); }
      await byOrder.drain();

      expect(byOrder.done).toEqual(['a', 'b']);
    },
  },
});
