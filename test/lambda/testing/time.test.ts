import { setTimeout as pauseOfNode } from 'node:timers/promises';
import { given, handlerThat, order, takeOne } from './shop';

const RealDate = Date;
const { setTimeout: realTimeout, setInterval: realInterval } = globalThis;
const realRandom = Math.random;
const start = new Date('2026-01-05T08:00:00Z');

const expectReal = () => {
  expect(Date).toBe(RealDate);
  expect(new Date().constructor).toBe(RealDate);
  expect(setTimeout).toBe(realTimeout);
  expect(setInterval).toBe(realInterval);
  expect(Math.random).toBe(realRandom);
};

test('begins when it is told to, stands still while a handler is quick, and leaps over pauses', async () => {
  const times: string[] = [];
  const test = given(handlerThat(() => {
    const now = new Date();
    expect([Date.now(), new Date(Date.now()).getTime(), Date.parse(Date())]).toEqual([now.getTime(), now.getTime(), now.getTime()]);
    times.push(now.toISOString());
    throw new Error('not yet');
  }), { now: start, environment: { maxAttempts: 3, retry: { delay: 600, maxDelay: 900 } } });

  await test.deliver(order('a'));
  test.wait(86_400);
  await test.deliver(order('b'));

  expect(times[0]).toBe('2026-01-05T08:00:00.000Z');
  expect(times[3]! > '2026-01-06T08:00:00.000Z').toBe(true);
  expect(new Set(times).size).toBe(6);
});

test('is the same in every run, dice included', async () => {
  const run = async () => {
    const seen: unknown[] = [];
    await given(handlerThat(() => { seen.push(Date.now(), Math.random()); throw new Error('not yet'); }), { now: start }).deliver(order('a'));
    return seen;
  };

  expect(await run()).toEqual(await run());
});

test('a date is a date on both sides', async () => {
  const outside = new Date(0);
  let inside: Date | undefined;

  await given(handlerThat((_order, { meta }) => {
    inside = new Date();
    expect(outside).toBeInstanceOf(Date);
    expect(new Date().constructor).toBe(Date);
    expect(meta.sentAt).toBeInstanceOf(Date);
    expect([new Date(5).getTime(), new Date(2026, 0).getFullYear(), Date.UTC(2026)]).toEqual([5, 2026, RealDate.UTC(2026)]);
  })).deliver(order('a'));

  expect(inside).toBeInstanceOf(Date);
  expect(Object.getPrototypeOf(inside)).toBe(RealDate.prototype);
});

test('is the real one for whoever runs beside, and afterwards for all', async () => {
  let beside: number | undefined;
  let inside: number | undefined;
  let release = () => {};
  const released = new Promise<void>((resolve) => { release = resolve; });
  const delivery = given(handlerThat(async () => { inside = Date.now(); await released; }), { now: start }).deliver(order('a'));
  while (inside === undefined) { await new Promise((resolve) => { setImmediate(resolve); }); }
  beside = Date.now();

  release();
  await delivery;

  expect(inside).toBe(start.getTime());
  expect(beside - RealDate.now()).toBeLessThan(1_000);
  expect(beside).not.toBe(inside);
  expectReal();
});

test('is put back when a delivery fails', async () => {
  await expect(given(handlerThat()).deliver(order('a'), { crashAfter: 'step' })).rejects.toThrow();

  expectReal();
});

test('tests that run at the same time have times of their own', async () => {
  const seen: number[][] = [];
  const one = async (now: Date) => {
    const times: number[] = [];
    seen.push(times);
    await given(handlerThat(async () => { times.push(Date.now()); await new Promise((resolve) => { setImmediate(resolve); }); times.push(Date.now()); }), { now }).deliver(order('a'));
  };

  await Promise.all([one(new Date(1_000)), one(new Date(2_000))]);

  expect(seen).toEqual([[1_000, 1_000], [2_000, 2_000]]);
  expectReal();
});

test('a handler that waits, really waits, and sees that time has passed', async () => {
  const times: number[] = [];
  const test = given(handlerThat(async (_order, { tx }) => {
    const end = Date.now() + 30;
    while (Date.now() < end) { await pauseOfNode(5); }
    times.push(Date.now() - start.getTime());
    tx.write(takeOne('book'));
  }), { now: start, timeout: 0.1 });

  await test.deliver(order('a'));

  expect(times[0]).toBeGreaterThanOrEqual(30);
  test.expect({ effects: { stock: [{ available: 4 }] } });
});

test('a handler that hangs gives its event back before the timeout, each time, and is set aside', async () => {
  const aborted: unknown[] = [];
  const handler = handlerThat(async (_order, { signal }) => new Promise(() => { signal.addEventListener('abort', () => { aborted.push(signal.reason); }); }));
  const test = given(handler, { timeout: 0.2, environment: { maxAttempts: 3 } });

  await test.deliver(order('a'));

  expect(aborted).toHaveLength(3);
  test.expect({ effects: { stock: [{ available: 5 }] }, poisoned: [{ reason: 'DeadlineReached', attempt: 3 }] });
});

test('a handler that blocks its function beyond the timeout is killed with it, and nothing of it is written', async () => {
  const attempts: number[] = [];
  const test = given(handlerThat(({ sku }, { tx, meta }) => {
    attempts.push(meta.attempt);
    if (attempts.length === 1) { for (const end = performance.now() + 250; performance.now() < end;) { /* works */ } }
    tx.write(takeOne(sku));
  }), { timeout: 0.2 });

  await test.deliver(order('a'));

  expect(attempts).toEqual([1, 2]);
  expect(test.log.map(({ outcome }) => outcome)).toEqual(['processed']);
  test.expect({ effects: { stock: [{ available: 4 }] } });
});

test('goes together with the fake timers of jest', async () => {
  jest.useFakeTimers({ now: 0 });
  const times: number[] = [];
  try {
    const test = given(handlerThat(({ sku }, { tx }) => { times.push(Date.now()); tx.write(takeOne(sku)); }), { now: start });

    await test.deliver(order('a'), { times: 2, crashAfter: 'claim' });

    expect(Date.now()).toBe(0);
    expect(times).toHaveLength(1);
    test.expect({ effects: { stock: [{ available: 4 }] } });
  } finally {
    jest.useRealTimers();
  }
  expectReal();
});
