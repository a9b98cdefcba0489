import { z } from 'zod/mini';
import { type FunctionModel, orderPlaced, writeOf } from './consumer-model';
import { DoorModel, MadeModel, outbox } from './made-model';
import { pause, useVirtualClock } from './virtual-clock';
import { asyncConsumer, type ConsumerEnvironment, defineEvent, Poison, type Processing, queueConsumer, type Tx } from '../../lambda';

useVirtualClock();
afterEach(() => { jest.restoreAllMocks(); });

const schema = z.object({ id: z.string(), version: z.number(), amount: z.optional(z.number()) });
const gated = defineEvent({ source: 'shop', type: 'Gated', version: 1, schema, key: ({ id }) => id, orderBy: ({ version }) => version });
const gapless = defineEvent({ source: 'shop', type: 'Gapless', version: 1, schema, key: ({ id }) => id, orderBy: ({ version }) => version, gapless: true });
const told = defineEvent({ source: 'shop', type: 'Told', version: 1, schema: z.object({ id: z.string() }), key: ({ id }) => id });

interface Circumstances {
  readonly environment?: Partial<ConsumerEnvironment>;
  readonly fault?: (call: string, moment: 'before' | 'after', lambda: FunctionModel) => Promise<void> | void;
}

type Work = (id: string, processing: Processing<Tx<typeof told>>) => Promise<void> | void;

/** A consumer of events with an order, with and without gaps, and without one. */
const given = (work: Work = () => {}, { environment, fault }: Circumstances = {}) => new MadeModel((collaborators) => queueConsumer({
  on: [gated, gapless, orderPlaced],
  emits: [told],
  process: {
    Gated: ({ id }, processing) => work(id, processing),
    Gapless: ({ id }, processing) => work(id, processing),
    OrderPlaced: ({ orderId }, processing) => work(orderId, processing),
  },
}, collaborators), { environment: { ...outbox, ...environment }, ...(fault ? { fault } : {}) });

let count = 0;

function send(model: MadeModel, type: string, data: object, metadata: object = {}) {
  return model.queue.send(JSON.stringify({ metadata: { id: `event-${++count}`, source: 'shop', type, version: 1, ...metadata }, data }));
}

const placed = (model: MadeModel, orderId: string, amount = 1, metadata: object = {}) => send(model, 'OrderPlaced', { orderId, amount }, metadata);

/** Delivers what is there, and gives what was counted for it. */
async function countsOf(model: MadeModel): Promise<Record<string, number>> {
  const before = { ...model.counted.counts };
  await model.deliver();
  return Object.fromEntries(Object.entries(model.counted.counts).map(([name, n]) => [name, n - (before[name] ?? 0)]).filter(([, n]) => n !== 0));
}

describe('a consumer counts', () => {
  test('each event that is done, once for all its copies', async () => {
    const model = given();
    placed(model, 'a');
    placed(model, 'a');
    placed(model, 'b');

    expect(await countsOf(model)).toEqual({ Processed: 2 });
  });

  test('what was done before, once for all copies', async () => {
    const model = given();
    placed(model, 'a');
    await model.deliver();
    placed(model, 'a');
    placed(model, 'a');

    expect(await countsOf(model)).toEqual({ Duplicate: 1 });
  });

  test('what came after a later one', async () => {
    const model = given();
    send(model, 'Gated', { id: 'a', version: 2 });
    await model.deliver();
    send(model, 'Gated', { id: 'a', version: 1 });

    expect(await countsOf(model)).toEqual({ Stale: 1 });
  });

  test('what waits for one before it, each time it is found waiting, and what it waited for with all that had waited', async () => {
    const model = given();
    send(model, 'Gapless', { id: 'a', version: 2 });
    expect(await countsOf(model)).toEqual({ Parked: 1 });
    send(model, 'Gapless', { id: 'a', version: 1 });

    expect(await countsOf(model)).toEqual({ Processed: 2 });
  });

  test('a try that failed, and a letter; not both of one try', async () => {
    const model = given(() => { throw new Error('no'); }, { environment: { maxAttempts: 2 } });
    placed(model, 'a');

    expect(await countsOf(model)).toEqual({ Retried: 1 });
    jest.advanceTimersByTime(900_000);
    expect(await countsOf(model)).toEqual({ Poisoned: 1 });
  });

  test('a letter when it is sent, and nothing while it cannot be', async () => {
    let refused = true;
    const model = given(() => { throw new Poison('gone'); }, { fault: (call) => { if (call === 'SendMessage' && refused) { throw new Error('refused'); } } });
    placed(model, 'a');

    expect(await countsOf(model)).toEqual({});
    refused = false;
    jest.advanceTimersByTime(900_000);
    expect(await countsOf(model)).toEqual({ Poisoned: 1 });
  });

  test('what this deployment cannot do', async () => {
    const model = given(() => { throw Object.assign(new Error('no'), { name: 'AccessDenied' }); });
    placed(model, 'a');
    placed(model, 'b', 1, { version: 9 });

    expect(await countsOf(model)).toEqual({ Misconfigured: 2 });
  });

  test('a key that two events share, with the letter of the second', async () => {
    const model = given();
    placed(model, 'a', 1);
    await model.deliver();
    placed(model, 'a', 2);

    expect(await countsOf(model)).toEqual({ KeyReuse: 1, Poisoned: 1 });
  });

  test('a place that two events share, with the letter of the second', async () => {
    const model = given();
    send(model, 'Gated', { id: 'a', version: 1, amount: 1 });
    await model.deliver();
    send(model, 'Gated', { id: 'a', version: 1, amount: 2 });

    expect(await countsOf(model)).toEqual({ KeyReuse: 1, Poisoned: 1 });
  });

  test('the events that have left with a commit, and none of those whose commit failed', async () => {
    let failures = 0;
    const model = given((id, { tx }) => { tx.emit(told, { id }); tx.emit(told, { id: `${id}-too` }); }, {
      fault: (call, moment) => { if (call === 'complete' && moment === 'before' && failures++ === 0) { throw Object.assign(new Error('busy'), { name: 'ThrottlingException' }); } },
    });
    placed(model, 'a');

    expect(await countsOf(model)).toEqual({ Retried: 1 });
    jest.advanceTimersByTime(900_000);
    expect(await countsOf(model)).toEqual({ Processed: 1, Emitted: 2 });
  });

  test('nothing for what is held elsewhere', async () => {
    const model = given(async () => pause(25_000));
    placed(model, 'a');
    const [record] = model.queue.receive(1);

    await Promise.all([model.deliver([record!]), model.deliver([{ ...record!, receiptHandle: 'another' }])]);

    expect(model.counted.counts).toEqual({ Processed: 1 });
  });

  test('nothing for what was not begun', async () => {
    const model = given(async () => pause(29_500));
    for (let order = 0; order < 150; order++) { placed(model, `order-${order}`); }

    await model.deliver(model.queue.receive(150));

    expect(model.counted.counts).toEqual({ Retried: 100 });
  });
});

describe('a consumer measures', () => {
  test('from the time that the event has itself, however it came', async () => {
    const model = given(async () => pause(2_000));
    placed(model, 'a', 1, { time: '2026-01-05T07:59:00.000Z' });
    await model.deliver();

    expect(model.counted.measures).toEqual({ Age: [60_000], Duration: [2_000], EndToEndLatency: [62_000] });
  });

  test('from when it was sent, where the event has no time, or none that can be read', async () => {
    const model = given();
    placed(model, 'a');
    placed(model, 'b', 1, { time: 'yesterday' });
    jest.advanceTimersByTime(5_000);
    await model.deliver();

    expect(model.counted.measures).toMatchObject({ Age: [5_000, 5_000], EndToEndLatency: [5_000, 5_000] });
  });

  test('how long each try took, also one that failed', async () => {
    const model = given(async () => { await pause(1_500); throw new Error('no'); });
    placed(model, 'a');
    await model.deliver();

    expect(model.counted.measures.Duration).toEqual([1_500]);
    expect(model.counted.measures).not.toHaveProperty('EndToEndLatency');
  });

  test('how long an event has waited for those before it', async () => {
    const model = given();
    send(model, 'Gapless', { id: 'a', version: 2 });
    jest.advanceTimersByTime(7_000);
    await model.deliver();

    expect(model.counted.measures).toEqual({ ParkedAge: [7_000] });
  });
});

describe('a consumer writes its line once for each invocation', () => {
  test.each<[string, Circumstances, Work]>([
    ['that goes well', {}, (id, { tx }) => tx.write(writeOf(id))],
    ['that fails', {}, () => { throw new Error('no'); }],
    ['that leaves a letter', {}, () => { throw new Poison('gone'); }],
    ['whose letter is refused', { fault: (call) => { if (call === 'SendMessage') { throw new Error('refused'); } } }, () => { throw new Poison('gone'); }],
    ['whose store is away', { fault: (call) => { if (call === 'claim') { throw new Error('gone'); } } }, () => {}],
    ['whose time is up', {}, async () => new Promise(() => {})],
    ['whose store hangs', { fault: async (call) => call === 'claim' ? new Promise(() => {}) : undefined }, () => {}],
  ])('%s', async (_what, circumstances, work) => {
    const model = given(work, circumstances);
    placed(model, 'a');
    placed(model, 'b');

    await model.deliver();

    expect(model.counted.flushes).toBe(1);
  });

  test('that fails as a whole', async () => {
    const model = new DoorModel((collaborators) => asyncConsumer({ on: orderPlaced, process: () => { throw new Error('no'); } }, collaborators));

    await expect(model.invoke({ orderId: 'a', amount: 1 })).rejects.toThrow('no');

    expect([model.counted.flushes, model.counted.counts]).toEqual([1, { Retried: 1 }]);
  });

  test('under the id of the consumer', async () => {
    const lines: string[] = [];
    jest.spyOn(process.stdout, 'write').mockImplementation((line) => { lines.push(String(line)); return true; });
    const model = new MadeModel((collaborators) => {
      const { metrics: _fake, ...others } = collaborators;
      return queueConsumer({ on: orderPlaced, process: () => {} }, others);
    });
    model.place('a');
    model.place('b');
    await model.deliver();
    model.place('c');
    await model.deliver();
    jest.restoreAllMocks();

    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([{ consumer: 'Shop/Orders', Processed: 2 }, { consumer: 'Shop/Orders', Processed: 1 }]);
  });
});
