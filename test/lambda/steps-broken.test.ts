import { type FunctionModel, type Order, orderPlaced, writeOf } from './consumer-model';
import { MadeModel } from './made-model';
import { MemoryStore, MemoryTable } from './memory-store';
import { pause, useVirtualClock } from './virtual-clock';
import { type Processing, queueConsumer, type StepResult } from '../../lambda';

useVirtualClock();

interface Circumstances {
  readonly fault?: (call: string, moment: 'before' | 'after', lambda: FunctionModel) => Promise<void> | void;
  readonly maxAttempts?: number;
}

type Work = (order: Order, processing: Processing, lambda: FunctionModel) => Promise<void>;

const given = (process: Work, { fault, maxAttempts = 5 }: Circumstances = {}) => new MadeModel(
  (collaborators, lambda) => queueConsumer({ on: orderPlaced, process: async (order, processing) => process(order, processing, lambda) }, collaborators),
  { environment: { maxAttempts }, ...(fault ? { fault } : {}) },
);

const busy = () => Object.assign(new Error('busy'), { name: 'ThrottlingException' });

describe('a function that is killed inside of an effect', () => {
  test('runs it again with the same key, which the other side may know it by', async () => {
    const keys: string[] = [];
    const model = given(async ({ orderId }, { tx }, lambda) => {
      await tx.once('charge', async (key) => { if (keys.push(key) === 1) { await lambda.die(); } }, { onTimeout: 'retry' });
      tx.write(writeOf(orderId));
    });
    model.place('a');

    await model.drain();

    expect(keys).toEqual([keys[0], keys[0]]);
    expect(model.done).toEqual(['a']);
  });

  test('has its event set aside where the effect must not be repeated, also after a redrive', async () => {
    const effects: string[] = [];
    const model = given(async ({ orderId }, { tx }, lambda) => {
      await tx.once('charge', async (key) => { effects.push(key); await lambda.die(); }, { onTimeout: 'block' });
      tx.write(writeOf(orderId));
    });
    model.place('a');

    await model.drain();
    expect(model.letters).toMatchObject([{ reason: 'OutcomeUnknown', message: expect.stringContaining('charge') }]);
    model.queue.redrive();
    await model.drain();

    expect(effects).toHaveLength(1);
    expect(model.letters).toMatchObject([{ reason: 'OutcomeUnknown' }]);
    expect(model.done).toEqual([]);
  });

  test('has nothing to do with an effect that failed by itself: that one is known not to have taken place, and is tried again', async () => {
    const effects: string[] = [];
    const model = given(async ({ orderId }, { tx }) => {
      await tx.once('charge', (key) => { if (effects.push(key) < 3) { throw new Error('refused'); } }, { onTimeout: 'block' });
      tx.write(writeOf(orderId));
    });
    model.place('a');

    await model.drain();

    expect(effects).toHaveLength(3);
    expect(model.done).toEqual(['a']);
  });
});

describe('a step whose completion does not arrive', () => {
  test.each(['retry', 'block'] as const)('is completed after a busy moment: the effect is not repeated (%s)', async (onTimeout) => {
    const effects: string[] = [];
    let failures = 0;
    const model = given(async ({ orderId }, { tx }) => {
      await tx.once('charge', (key) => { effects.push(key); }, { onTimeout });
      tx.write(writeOf(orderId));
    }, { fault: (call, moment) => { if (call === 'complete' && moment === 'before' && failures++ < 3) { throw busy(); } } });
    model.place('a');

    await model.drain();

    expect(effects).toHaveLength(1);
    expect(model.done).toEqual(['a']);
  });

  test('blocks where it must, when the service stays busy: the effect has taken place', async () => {
    const effects: string[] = [];
    const model = given(async (_order, { tx }) => {
      await tx.once('charge', (key) => { effects.push(key); }, { onTimeout: 'block' });
    }, { fault: (call, moment) => { if (call === 'complete' && moment === 'before') { throw busy(); } } });
    model.place('a');

    await model.drain();

    expect(effects).toHaveLength(1);
    expect(model.letters).toMatchObject([{ reason: 'OutcomeUnknown' }]);
  });

  test('is done when only the answer was lost', async () => {
    const effects: string[] = [];
    let lost = 0;
    const model = given(async ({ orderId }, { tx }) => {
      await tx.once('charge', (key) => { effects.push(key); }, { onTimeout: 'block' });
      tx.write(writeOf(orderId));
    }, { fault: (call, moment) => { if (call === 'complete' && moment === 'after' && lost++ === 0) { throw busy(); } } });
    model.place('a');

    await model.drain();

    expect(effects).toHaveLength(1);
    expect(model.done).toEqual(['a']);
  });
});

describe('the end of the time', () => {
  test('lets an effect that hangs be run again by the next try', async () => {
    const effects: string[] = [];
    const model = given(async ({ orderId }, { tx }) => {
      await tx.once('charge', async (key) => { if (effects.push(key) === 1) { await new Promise(() => {}); } });
      tx.write(writeOf(orderId));
    });
    model.place('a');

    await model.drain();

    expect(effects).toEqual([effects[0], effects[0]]);
    expect(model.done).toEqual(['a']);
  });

  test.each([
    ['that hangs', async () => new Promise<void>(() => {})],
    ['that gives up by the signal', async (signal: AbortSignal) => new Promise<void>((_resolve, reject) => { signal.addEventListener('abort', () => reject(signal.reason as Error)); })],
  ])('does not repeat an effect %s where it must not be', async (_what, hang) => {
    const effects: string[] = [];
    const model = given(async (_order, { tx, signal }) => {
      await tx.once('charge', async (key) => { effects.push(key); await hang(signal); }, { onTimeout: 'block' });
    });
    model.place('a');

    await model.drain();

    expect(effects).toHaveLength(1);
    expect(model.letters).toMatchObject([{ reason: 'OutcomeUnknown' }]);
  });

  test('begins no step any more, and remembers none', async () => {
    const [effects, refused]: [string[], unknown[]] = [[], []];
    const model = given(async (_order, { tx }) => {
      await pause(29_500);
      await tx.once('charge', (key) => { effects.push(key); }).catch((error: unknown) => { refused.push(error); throw error; });
    }, { maxAttempts: 1 });
    model.place('a');

    await model.deliver();
    await jest.advanceTimersByTimeAsync(1_000);

    expect(effects).toEqual([]);
    expect(refused).toMatchObject([{ name: 'DeadlineReached' }]);
    expect(model.table.records.size).toBeLessThanOrEqual(1);
  });
});

describe('two functions with one event', () => {
  test('do not run a step side by side', async () => {
    const effects: string[] = [];
    const model = given(async ({ orderId }, { tx }) => {
      await tx.once('charge', async (key) => {
        if (effects.push(key) > 1) { return; }
        // the event is taken for that of a dead function, while the step is still held
        for (const each of model.table.records.keys()) { if (!each.endsWith('#charge')) { model.table.rewrite(each, { in_progress_expiration: Date.now() - 1 }); } }
        await pause(20_000);
      });
      tx.write(writeOf(orderId));
    });
    model.place('a');
    const first = model.deliver();
    await Promise.all([first, model.deliver([model.queue.handOut(model.place('a'))])]);

    await model.drain();

    expect(effects).toHaveLength(1);
    expect(model.done).toEqual(['a']);
    expect(model.letters).toEqual([]);
  });

  test('do not take a lease that ends just now for an outcome that nobody knows', async () => {
    const work: Work = async ({ orderId }, { tx }) => {
      await tx.once('charge', () => {});
      tx.write(writeOf(orderId));
    };
    const [key, record] = await stepAfter(work);
    let claims = 0;
    // the lease ends between the claim of the step and its answer
    const model = given(work, { fault: async (call, moment) => { if (call === 'claim' && moment === 'after' && ++claims === 2) { await pause(10); } } });
    model.table.rewrite(key, { ...record, status: 'INPROGRESS', owner: 'another', in_progress_expiration: Date.now() + 5 });
    model.place('a');

    await model.drain();

    expect(model.letters).toEqual([]);
    expect(model.done).toEqual(['a']);
  });
});

/** What is remembered of the step after an order. */
async function stepAfter(work: Work) {
  const model = given(work);
  model.place('a');
  await model.drain();
  return [...model.table.records].find(([key]) => key.endsWith('#charge'))!;
}

describe('a result that cannot be remembered', () => {
  const circular: Record<string, unknown> = {};
  circular.self = circular;

  test.each([
    ['refers to itself', circular], ['is a BigInt', 1n], ['is too large', 'x'.repeat(310_000)], ['has a toJSON that fails', { toJSON: () => { throw new Error('no'); } }],
  ])('because it %s: the effect is not repeated, and the event is set aside with the reason, each time', async (_why, result) => {
    const effects: string[] = [];
    const model = given(async ({ orderId }, { tx }) => {
      await tx.once('charge', (key) => { effects.push(key); return result as StepResult; });
      tx.write(writeOf(orderId));
    });
    model.place('a');

    await model.drain();
    model.queue.redrive();
    await model.drain();

    expect(effects).toHaveLength(1);
    expect(model.letters).toMatchObject([{ reason: 'ResultNotStorable', message: expect.stringContaining('step charge is done') }]);
    expect(model.letters[0]!.message!.length).toBeLessThan(200);
    expect(model.done).toEqual([]);
  });

  test('may be dealt with by the handler: the event goes on', async () => {
    const model = given(async ({ orderId }, { tx }) => {
      await tx.once('charge', () => 1n as never).catch(() => {});
      tx.write(writeOf(orderId));
    });
    model.place('a');

    await model.drain();

    expect(model.done).toEqual(['a']);
  });
});

describe('in a consumer that only claims', () => {
  test('steps are kept in the store that it is given, and nothing in the table', async () => {
    const elsewhere = new MemoryTable();
    const effects: string[] = [];
    const model = new MadeModel(({ store: _table, ...collaborators }) => queueConsumer({
      on: orderPlaced, idempotency: 'claim', store: new MemoryStore(elsewhere),
      process: async (_order, { tx, meta }) => {
        await tx.once('charge', (key) => { effects.push(key); });
        if (meta.attempt < 2) { throw new Error('not yet'); }
      },
    }, collaborators));
    model.place('a');
    model.place('a');

    await model.drain();
    model.place('a');
    await model.drain();

    expect(effects).toHaveLength(1);
    expect([...elsewhere.records.values()].map(({ status }) => status)).toEqual(['COMPLETED', 'COMPLETED']);
    expect(model.table.records.size).toBe(0);
    expect(model.counted.counts).toMatchObject({ Processed: 1, Duplicate: 1 });
  });
});
