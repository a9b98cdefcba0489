import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { ConsumerModel, type ModelOptions, writeOf } from './consumer-model';
import type { Fault } from './memory-store';
import { PowertoolsModel } from './powertools-model';
import { drained, idempotent, showTraps, stepped } from './powertools-traps';
import { pause } from './virtual-clock';
import { MemoryDynamoDB } from '../../lambda/testing/dynamodb/memory-dynamodb';

// How Powertools' idempotency behaves under failures, and in batches. Those of its keys are in powertools-keys.test.ts.

/** The same fault once, before the first of these calls. */
function once(calls: readonly string[], name: string): Fault {
  let open = true;
  return (call, moment) => {
    if (!open || !calls.includes(call) || moment !== 'before') { return; }
    open = false;
    throw Object.assign(new Error(name), { name });
  };
}

showTraps({
  'the reason of a failure is hidden when the key cannot be given back': {
    plain: async () => {
      const run = idempotent(async () => { throw Object.assign(new Error('no'), { name: 'OutOfStock' }); }, { fault: once(['DeleteItem'], 'ThrottlingException') });

      await expect(run({ orderId: 'a' })).rejects.toMatchObject({ name: 'IdempotencyPersistenceLayerError' });
    },
    ours: async () => {
      const fault: Fault = (call) => { if (call === 'release') { throw new Error('throttled'); } };
      const model = await drained([{ orderId: 'a', amount: 1 }], { fault, environment: { maxAttempts: 1 }, process: () => { throw Object.assign(new Error('no'), { name: 'OutOfStock' }); } });

      expect(model.letters).toMatchObject([{ reason: 'OutOfStock' }]);
    },
  },
  'an effect whose completion is throttled happens again': {
    plain: async () => {
      const model = new PowertoolsModel({ fault: once(['UpdateItem'], 'ThrottlingException') });
      model.place('a');
      await model.drain();

      expect(model.done).toEqual(['a', 'a']);
    },
    ours: async () => {
      const model = await drained([{ orderId: 'a', amount: 1 }], { fault: once(['complete'], 'ThrottlingException') });

      expect(model.done).toEqual(['a']);
    },
  },
  'an effect whose function dies before the completion happens again': {
    plain: async () => {
      let deaths = 0;
      const model = new PowertoolsModel({ fault: async (call, moment, lambda) => { if (call === 'effect' && moment === 'after' && deaths++ === 0) { await lambda.die(); } } });
      model.place('a');
      await model.drain();

      expect(model.done).toEqual(['a', 'a']);
    },
    ours: async () => {
      let deaths = 0;
      const model = await drained([{ orderId: 'a', amount: 1 }], {
        process: async ({ orderId }, { tx }, lambda) => { tx.write(writeOf(orderId)); if (deaths++ === 0) { await lambda.die(); } },
      });

      expect(model.tries).toEqual(['a', 'a']);
      expect(model.done).toEqual(['a']);
    },
  },
  'a key of a function that died, and whose context nobody has registered, is held for an hour': {
    plain: async () => {
      let runs = 0;
      const run = idempotent(async () => { if (runs++ === 0) { await new Promise(() => {}); } }, { context: false });
      void run({ orderId: 'a' });
      await jest.advanceTimersByTimeAsync(3_500_000);

      await expect(run({ orderId: 'a' })).rejects.toMatchObject({ name: 'IdempotencyAlreadyInProgressError' });
    },
    ours: async () => {
      let deaths = 0;
      const start = Date.now();
      const model = await drained([{ orderId: 'a', amount: 1 }], {
        process: async ({ orderId }, { tx }, lambda) => { if (deaths++ === 0) { await lambda.die(); } tx.write(writeOf(orderId)); },
      });

      expect(model.done).toEqual(['a']);
      expect(Date.now() - start).toBeLessThan(600_000);
    },
  },
  'a run that has outlived its lease and then fails makes others forget that the event is done': {
    plain: async () => {
      const done: number[] = [];
      let runs = 0;
      const run = idempotent(async () => {
        if (runs++ === 0) { await pause(60_000); throw new Error('too late'); }
        done.push(runs);
      });
      const late = run({ orderId: 'a' }).catch(() => {});
      await jest.advanceTimersByTimeAsync(40_000);
      await run({ orderId: 'a' });
      await jest.advanceTimersByTimeAsync(30_000);
      await late;
      await run({ orderId: 'a' });

      expect(done).toEqual([2, 3]);
    },
    ours: async () => {
      let runs = 0;
      const model = await drained([{ orderId: 'a', amount: 1 }], {
        process: async ({ orderId }, { tx }) => { if (runs++ === 0) { await pause(600_000); throw new Error('too late'); } tx.write(writeOf(orderId)); },
      });
      await jest.advanceTimersByTimeAsync(600_000);
      model.place('a');
      await model.drain();

      expect(model.done).toEqual(['a']);
    },
  },
  'an effect whose result holds a date happens again': {
    plain: async () => {
      let effects = 0;
      const run = idempotent(async () => { effects++; return { at: new Date() }; });
      await expect(run({ orderId: 'a' })).rejects.toThrow();
      jest.advanceTimersByTime(60_000);
      await expect(run({ orderId: 'a' })).rejects.toThrow();

      expect(effects).toBe(2);
    },
    ours: async () => {
      let effects = 0;
      const model = await stepped(async (_order, { tx, meta }) => {
        await tx.once('charge', () => { effects++; return { at: new Date() } as never; });
        if (meta.attempt < 2) { throw new Error('not yet'); }
      });

      expect([effects, model.counted.counts.Processed]).toEqual([1, 1]);
    },
  },
  'an effect whose result is larger than an item happens again': {
    plain: async () => {
      let effects = 0;
      const store = new DynamoDBPersistenceLayer({ tableName: 'memory', awsSdkV3Client: new MemoryDynamoDB().table('memory', { partitionKey: 'id' }).client() });
      const run = idempotent(async () => { effects++; return 'x'.repeat(410_000); }, { store });
      await expect(run({ orderId: 'a' })).rejects.toThrow();
      jest.advanceTimersByTime(60_000);
      await expect(run({ orderId: 'a' })).rejects.toThrow();

      expect(effects).toBe(2);
    },
    ours: async () => {
      let effects = 0;
      const model = await stepped(async (_order, { tx }) => { await tx.once('charge', () => { effects++; return 'x'.repeat(410_000); }); });
      model.queue.redrive();
      await model.drain();

      expect(effects).toBe(1);
      expect(model.letters).toMatchObject([{ reason: 'ResultNotStorable' }]);
    },
  },
  'a copy in the same batch fails, and waits a whole visibility timeout for nothing': {
    plain: async () => {
      const model = new PowertoolsModel();
      ['a', 'a'].forEach((id) => model.place(id));

      expect((await model.deliver())?.batchItemFailures).toHaveLength(1);
      expect(model.queue.nextIn).toBe(180_000);
    },
    ours: async () => {
      const model = new ConsumerModel();
      ['a', 'a'].forEach((id) => model.place(id));

      expect((await model.deliver())?.batchItemFailures).toEqual([]);
      expect(model.done).toEqual(['a']);
    },
  },
  'poison is received until the queue gives up, and then rests without a reason': {
    plain: async () => {
      const model = new PowertoolsModel({ maxReceiveCount: 5 });
      const message = model.queue.send('not JSON');
      await model.drain();

      expect(model.queue.deadLetters).toMatchObject([{ id: message.id, receiveCount: 5 }]);
      expect(model.queue.deadLetters[0]).not.toHaveProperty('attributes');
    },
    ours: async () => {
      const model = new ConsumerModel({ maxReceiveCount: 5 });
      model.queue.send('not JSON');
      await model.drain();

      expect(model.letters).toMatchObject([{ reason: 'NotJson', receiveCount: 1 }]);
    },
  },
  'healthy mates of an event that kills the function rest among the dead letters': {
    plain: async () => {
      const fault: ModelOptions['fault'] = async (call, moment, lambda) => call === 'effect' && moment === 'before' ? lambda.die() : undefined;
      const model = new PowertoolsModel({ maxReceiveCount: 5, fault });
      ['a', 'killer', 'b'].forEach((id) => model.place(id));
      await model.drain();

      expect(model.queue.deadLetters).toHaveLength(3);
    },
    ours: async () => {
      const model = await drained(['a', 'killer', 'b'].map((orderId) => ({ orderId, amount: 1 })), {
        process: async ({ orderId }, { tx }, lambda) => orderId === 'killer' ? lambda.die() : tx.write(writeOf(orderId)),
      });

      expect(model.done).toEqual(['a', 'b']);
      expect(model.letters).toMatchObject([{ reason: 'FunctionDied' }]);
    },
  },
});
