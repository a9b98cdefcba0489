import { environment, type FunctionModel, type Order, orderPlaced, writeOf } from './consumer-model';
import { MadeModel } from './made-model';
import type { Fault } from './memory-store';
import { pause, useVirtualClock } from './virtual-clock';
import { type Processing, queueConsumer } from '../../lambda';

useVirtualClock();

/** The world outside of DynamoDB: what took place in it, and with which key. */
type Effects = string[];

type Work = (order: Order, processing: Processing, lambda: FunctionModel) => Promise<void>;

interface Circumstances {
  readonly fault?: (call: string, moment: 'before' | 'after', lambda: FunctionModel) => ReturnType<Fault>;
  readonly maxAttempts?: number;
}

const given = (process: Work, { fault, maxAttempts = 5 }: Circumstances = {}) => new MadeModel(
  (collaborators, lambda) => queueConsumer({ on: orderPlaced, process: async (order, processing) => process(order, processing, lambda) }, collaborators),
  { environment: { maxAttempts }, ...(fault ? { fault } : {}) },
);

/** The records of steps, without that of their event. */
const stepsOf = (model: MadeModel) => [...model.table.records].filter(([key]) => key.split('#').length > 2).map(([, record]) => record);

describe('a step that is done', () => {
  test('takes place once, however often its event is tried, and gives its result each time', async () => {
    const [effects, results]: [Effects, unknown[]] = [[], []];
    const model = given(async ({ orderId }, { tx, meta }) => {
      results.push(await tx.once('charge', (key) => { effects.push(key); return { receipt: [effects.length, 'paid', null, true] }; }));
      if (meta.attempt < 3) { throw new Error('not yet'); }
      tx.write(writeOf(orderId));
    });
    model.place('a');

    await model.drain();

    expect(effects).toHaveLength(1);
    expect(results).toEqual(Array.from({ length: 3 }, () => ({ receipt: [1, 'paid', null, true] })));
    expect(model.done).toEqual(['a']);
  });

  test('gives the same on the first try as on every other: what JSON makes of its result', async () => {
    const results: unknown[] = [];
    const model = given(async (_order, { tx, meta }) => {
      results.push(await tx.once('when', () => ({ at: new Date(0), none: undefined, not: Number.NaN } as never)));
      if (meta.attempt < 2) { throw new Error('not yet'); }
    });
    model.place('a');

    await model.drain();

    expect(results).toEqual([{ at: '1970-01-01T00:00:00.000Z', not: null }, { at: '1970-01-01T00:00:00.000Z', not: null }]);
  });

  test.each([[undefined], [null], [0], [''], [false]])('is known again although its result is %p', async (result) => {
    const [effects, results]: [Effects, unknown[]] = [[], []];
    const model = given(async (_order, { tx, meta }) => {
      results.push(await tx.once('charge', (key) => { effects.push(key); return result; }));
      if (meta.attempt < 2) { throw new Error('not yet'); }
    });
    model.place('a');

    await model.drain();

    expect(effects).toHaveLength(1);
    expect(results).toEqual([result, result]);
  });

  test('is not done again when the function dies before its event is done', async () => {
    const effects: Effects = [];
    let deaths = 0;
    const model = given(async ({ orderId }, { tx }, lambda) => {
      await tx.once('charge', (key) => { effects.push(key); });
      if (deaths++ === 0) { await lambda.die(); }
      tx.write(writeOf(orderId));
    });
    model.place('a');

    await model.drain();

    expect(effects).toHaveLength(1);
    expect(model.done).toEqual(['a']);
  });

  test('is remembered as long as its event', async () => {
    const model = given(async (_order, { tx }) => { await tx.once('charge', () => 7); });
    model.place('a');

    await model.drain();

    const expirations = [...model.table.records.values()].map(({ expiration }) => expiration);
    expect(expirations).toEqual([expirations[0], expirations[0]]);
    expect(expirations[0]).toBeGreaterThanOrEqual(Date.now() / 1000 + environment.idempotency.rememberFor - 60);
  });
});

describe('the key of a step', () => {
  test('is the same over all tries, and another one for each step and each event', async () => {
    const keys = new Map<string, string[]>();
    const model = given(async ({ orderId }, { tx, meta }) => {
      for (const step of ['charge', 'ship']) {
        // fails inside of the effect, so that it is called again
        await tx.once(step, (key) => {
          keys.set(`${orderId} ${step}`, [...keys.get(`${orderId} ${step}`) ?? [], key]);
          if (meta.attempt < 3) { throw new Error('not yet'); }
        }).catch((error: unknown) => { if (step === 'ship') { throw error; } });
      }
    });
    model.place('a');
    model.place('b');

    await model.drain();

    expect([...keys.values()].map((each) => [each.length, new Set(each).size])).toEqual([[3, 1], [3, 1], [3, 1], [3, 1]]);
    expect(new Set([...keys.values()].flat()).size).toBe(4);
    expect([...keys.keys()].sort()).toEqual(['a charge', 'a ship', 'b charge', 'b ship']);
  });

  test('says nothing of what the event holds, and begins with the consumer', async () => {
    const keys: string[] = [];
    const model = given(async (_order, { tx }) => { await tx.once('charge', (key) => { keys.push(key); }); });
    model.place('card-4711');

    await model.drain();

    expect(keys).toEqual([expect.stringMatching(/^Shop\/Orders#[\w-]{43}#charge$/)]);
  });

  test.each([[''], ['  '], ['a#b']])('cannot be made of the step name %j: the event is set aside, and the effect does not take place', async (step) => {
    const effects: Effects = [];
    const model = given(async (_order, { tx }) => { await tx.once(step, (key) => { effects.push(key); }); });
    model.place('a');

    await model.drain();

    expect(effects).toEqual([]);
    expect(model.letters).toMatchObject([{ reason: 'BadStep' }]);
  });

  test('belongs to one effect: a second one of the same name in one run does not pass for the first', async () => {
    const effects: Effects = [];
    const model = given(async (_order, { tx }) => {
      for (const recipient of ['ann', 'bob']) { await tx.once('mail', () => { effects.push(recipient); }); }
    });
    model.place('a');

    await model.drain();

    expect(effects).toEqual(['ann']);
    expect(model.letters).toMatchObject([{ reason: 'BadStep', message: expect.stringContaining('"mail"') }]);
  });

  test('is free again in the same run when the effect has failed', async () => {
    const effects: Effects = [];
    const model = given(async (_order, { tx }) => {
      const charge = async () => tx.once('charge', (key) => { if (effects.push(key) === 1) { throw new Error('busy'); } });
      await charge().catch(charge);
    });
    model.place('a');

    await model.drain();

    expect(effects).toHaveLength(2);
    expect(model.tries).toEqual([]);
    expect(model.letters).toEqual([]);
  });
});

describe('an effect that fails', () => {
  test('is tried again with its event, and the steps before it are not', async () => {
    const effects: Effects = [];
    const model = given(async ({ orderId }, { tx }) => {
      await tx.once('reserve', () => { effects.push('reserve'); });
      await tx.once('charge', () => { effects.push('charge'); if (effects.length < 4) { throw new Error('busy'); } });
      tx.write(writeOf(orderId));
    });
    model.place('a');

    await model.drain();

    expect(effects).toEqual(['reserve', 'charge', 'charge', 'charge']);
    expect(model.done).toEqual(['a']);
  });

  test('is set aside with its event after maxAttempts, with its own reason', async () => {
    const model = given(async (_order, { tx }) => { await tx.once('charge', () => { throw Object.assign(new Error('no funds'), { name: 'NoFunds' }); }); });
    model.place('a');

    await model.drain();

    expect(model.letters).toMatchObject([{ reason: 'NoFunds', message: 'no funds', attempt: 5 }]);
  });

  test('may throw what Powertools throws', async () => {
    const effects: Effects = [];
    const model = given(async (_order, { tx }) => {
      await tx.once('charge', (key) => { if (effects.push(key) === 1) { throw Object.assign(new Error('held'), { name: 'IdempotencyAlreadyInProgressError' }); } });
    });
    model.place('a');

    await model.drain();

    expect(effects).toHaveLength(2);
    expect(model.letters).toEqual([]);
  });
});

test('two steps side by side are two steps', async () => {
  const effects: Effects = [];
  const model = given(async ({ orderId }, { tx }) => {
    const results = await Promise.all(['charge', 'ship'].map(async (step) => tx.once(step, async () => { await pause(10); effects.push(step); return step; })));
    tx.write(writeOf(`${orderId}-${results.join('-')}`));
  });
  model.place('a');

  await model.drain();

  expect(effects).toEqual(['charge', 'ship']);
  expect(model.done).toEqual(['a-charge-ship']);
  expect(stepsOf(model)).toMatchObject([{ status: 'COMPLETED' }, { status: 'COMPLETED' }]);
});
