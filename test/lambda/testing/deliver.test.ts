import { failureOf, given, handlerThat, order, orderPlaced, takeOne } from './shop';
import { event, Poison, queueConsumer, RetryLater, topicConsumer } from '../../../lambda';
import { moments } from '../../../lambda/testing';

const available = (left: number) => ({ effects: { stock: [{ available: left }] } });

describe('times', () => {
  test('delivers messages of their own, one after the other', async () => {
    const seen: [string, number][] = [];
    const test = given(queueConsumer({ on: orderPlaced, idempotency: 'claim', process: (_order, { meta }) => { seen.push([meta.messageId, meta.receiveCount]); } }));

    await test.deliver(order('a'), { times: 3 });

    expect(seen).toEqual([['message-1', 1]]);
    test.expect({ metrics: { Processed: 1, Duplicate: 2 }, answer: { batchItemFailures: [] } });
  });

  test.each([0, 1.5, -1])('fails when it is %d', async (times) => {
    await expect(given().deliver(order('a'), { times })).rejects.toThrow(`nothing is delivered: 1 messages, ${times} times`);
  });

  test('fails without anything to deliver', async () => {
    await expect(given().deliver([])).rejects.toThrow('nothing is delivered: 0 messages');
  });
});

describe('together', () => {
  test('delivers everything in one batch', async () => {
    const test = given();

    await test.deliver([order('a'), order('b')], { times: 3, together: true });

    test.expect({ ...available(3), metrics: { Processed: 2 } });
    expect(test.log.filter(({ outcome }) => outcome === 'processed')).toMatchObject([{ copies: 3 }, { copies: 3 }]);
  });

  test('lets all of a batch come again when its function dies', async () => {
    const runs: string[] = [];
    const test = given(handlerThat(({ orderId, sku }, { tx, meta }) => { runs.push(`${orderId}${meta.receiveCount}`); tx.write(takeOne(sku)); }));

    await test.deliver([order('a'), order('b')], { together: true, crashAfter: 'process' });

    expect(runs).toEqual(['a1', 'b1', 'a2', 'b2']);
    test.expect(available(3));
  });
});

test('sideBySide: functions that handle copies at the same time do it once', async () => {
  let under = 0;
  let most = 0;
  const test = given(handlerThat(async ({ sku }, { tx }) => {
    most = Math.max(most, ++under);
    await new Promise((resolve) => { setImmediate(resolve); });
    under--;
    tx.write(takeOne(sku));
  }));

  await test.deliver([order('a'), order('b')], { times: 3, sideBySide: true });

  expect(most).toBe(2);
  expect(test.log.map(({ outcome }) => outcome)).toContain('held');
  test.expect(available(3));
});

describe('reorder', () => {
  const orderOf = async (reorder: boolean | number) => {
    const seen: string[] = [];
    await given(handlerThat(({ orderId }) => { seen.push(orderId); })).deliver(['a', 'b', 'c', 'd', 'e'].map(order), { reorder });
    return seen.join('');
  };

  test('turns the order round', async () => {
    expect(await orderOf(false)).toBe('abcde');
    expect(await orderOf(true)).toBe('edcba');
  });

  test('shuffles by a number, the same way each time', async () => {
    expect(await orderOf(3)).toBe(await orderOf(3));
    expect(new Set(await Promise.all([1, 2, 3, 4, 5].map(orderOf))).size).toBeGreaterThan(1);
    expect([...await orderOf(7)].sort().join('')).toBe('abcde');
  });
});

describe('a function that dies', () => {
  test.each([
    ['crashBefore', 'claim', 1, ['processed']],
    ['crashAfter', 'claim', 1, ['processed']],
    ['crashBefore', 'process', 1, ['processed']],
    ['crashAfter', 'process', 2, ['processed']],
    ['crashBefore', 'commit', 2, ['processed']],
    ['crashAfter', 'commit', 1, ['duplicate']],
    ['crashBefore', 'answer', 1, ['processed', 'duplicate']],
    ['crashAfter', 'answer', 1, ['processed', 'duplicate']],
  ] as const)('%s %s: the handler runs %d times, and the log says %j', async (when, moment, runs, outcomes) => {
    let count = 0;
    const test = given(handlerThat(({ sku }, { tx }) => { count++; tx.write(takeOne(sku)); }));

    await test.deliver(order('a'), { [when]: moment });

    expect(count).toBe(runs);
    expect(test.log.map(({ outcome }) => outcome)).toEqual(outcomes);
    test.expect(available(4));
  });

  test('comes again after the visibility timeout, six times that of the function', async () => {
    const times: number[] = [];
    const test = given(handlerThat((_order, { meta }) => { times.push(Date.now() - meta.sentAt.getTime()); }), { timeout: 10 });

    await test.deliver(order('a'), { crashAfter: 'process' });

    expect(times).toEqual([0, 60_000]);
  });

  test('several moments: so many functions die', async () => {
    const runs: number[] = [];
    const test = given(handlerThat(({ sku }, { tx, meta }) => { runs.push(meta.receiveCount); tx.write(takeOne(sku)); }));

    await test.deliver(order('a'), { crashAfter: moments });

    expect(runs).toEqual([2, 3]);
    test.expect({ ...available(4), metrics: { Processed: 0, Duplicate: 2 } });
  });

  test('fails when no function came so far, because the test would prove nothing', async () => {
    const test = given(handlerThat(() => { throw new Poison('nobody wants it'); }));

    await expect(test.deliver(order('a'), { crashAfter: ['claim', 'commit'], crashBefore: 'step' })).rejects
      .toThrow('crashBefore: \'step\' and crashAfter: \'commit\' did not happen, because no function came that far');
  });

  test('takes its timers with it', async () => {
    const fired: string[] = [];
    const test = given(handlerThat(async (_order, { tx }) => {
      setTimeout(() => { fired.push('timer'); }, 1);
      tx.write(takeOne('book'));
    }));

    await test.deliver(order('a'), { crashAfter: 'process' });
    await new Promise((resolve) => { setTimeout(resolve, 10); });

    expect(fired).toEqual(['timer']); // that of the second function, which lived
  });

  test('lets nobody set a timer any more, who is still under way in it', async () => {
    let fired = 0;
    const test = given(handlerThat(async ({ orderId }) => {
      if (orderId === 'a') { return; }
      for (let turn = 0; turn < 20; turn++) { await new Promise((resolve) => { setImmediate(resolve); }); }
      setTimeout(() => { fired++; }, 1);
    }));

    await test.deliver(['a', 'b'].map(order), { together: true, crashAfter: 'process' });
    await new Promise((resolve) => { setTimeout(resolve, 20); });

    expect(fired).toBe(1); // that of the second function, which lived
  });

  test('a letter that was sent before it died is sent again', async () => {
    const test = given();

    await test.deliver('no JSON', { crashAfter: 'letter' });

    test.expect({ poisoned: [{ reason: 'NotJson' }, { reason: 'NotJson' }] });
  });
});

describe('throttle', () => {
  test.each(['claim', 'commit'] as const)('%s: is refused once, which is no try', async (throttle) => {
    const attempts: number[] = [];
    const test = given(handlerThat(({ sku }, { tx, meta }) => { attempts.push(meta.attempt); tx.write(takeOne(sku)); }));

    await test.deliver(order('a'), { throttle });

    expect(attempts.at(-1)).toBe(1);
    test.expect({ ...available(4), metrics: { Retried: 1, Processed: 1 } });
  });

  test('letter: the message comes again, and is set aside then', async () => {
    const test = given();

    await test.deliver('no JSON', { throttle: 'letter' });

    test.expect({ poisoned: [{ reason: 'NotJson', receiveCount: 2 }] });
  });
});

describe('what comes again', () => {
  test('a handler that fails is tried as often as its consumer wants, with pauses in no time', async () => {
    const begun = Date.now();
    const test = given(handlerThat(() => { throw new Error('out of stock'); }), { environment: { maxAttempts: 7 } });

    await test.deliver(order('a'));

    test.expect({ ...available(5), poisoned: [{ reason: 'Error', message: 'out of stock', attempt: 7 }], metrics: { Retried: 6 } });
    expect(Date.now() - begun).toBeLessThan(2_000);
  });

  test('what the queue has handed out fifty times, the queue sets aside', async () => {
    let tries = 0;
    const test = given(handlerThat(() => { tries++; throw new RetryLater('not yet', { after: 10 }); }));

    await test.deliver(order('a'));

    expect(tries).toBe(50);
    test.expect({ poisoned: [{ reason: 'GivenUp', message: 'the queue had handed it out 50 times' }] });
  });

  test('what waits for longer than the queue keeps it is lost, and said to be', async () => {
    let tries = 0;
    const test = given(handlerThat(() => { tries++; throw new RetryLater('tomorrow', { after: 40_000 }); }));

    await test.deliver(order('a'));

    expect(tries).toBe(9);
    test.expect({ poisoned: [{ reason: 'GivenUp', message: 'the queue had kept it for four days: in a real queue it is lost' }] });
  });

  test('a letter, when somebody has repaired what was wrong and sends it back', async () => {
    let broken = true;
    const test = given(handlerThat(({ sku }, { tx }) => { if (broken) { throw new Poison('broken'); } tx.write(takeOne(sku)); }));
    await test.deliver(order('a'));
    broken = false;

    await test.redrive({ crashAfter: 'commit' });

    test.expect({ ...available(4), poisoned: [] });
  });
});

describe('what a message is', () => {
  test.each(['raw', 'sns', 'eventbridge'] as const)('an event that comes as %s is the same event', async (as) => {
    const test = given();

    await test.deliver(order('a'), { as });
    await test.deliver(order('a'));

    test.expect({ ...available(4), metrics: { Processed: 1, Duplicate: 1 } });
  });

  test('a text is the bare fact', async () => {
    const test = given();

    await test.deliver([JSON.stringify({ orderId: 'a', sku: 'book' }), JSON.stringify({ orderId: 'b' })]);

    test.expect({ ...available(4), poisoned: [{ reason: 'SchemaMismatch', body: '{"orderId":"b"}' }] });
  });

  test('fails where the event itself is wrong', async () => {
    await expect(given().deliver(event(orderPlaced, { orderId: '', sku: 'book' }))).rejects.toThrow('OrderPlaced.key gave no text for part 1');
  });
});

describe('a FIFO queue', () => {
  const consumer = (onGroupPoison: 'park' | 'continue', seen: string[], isBroken = () => true) => queueConsumer({
    on: orderPlaced, onGroupPoison, process: ({ orderId }) => {
      seen.push(orderId);
      if (orderId === 'bad' && isBroken()) { throw new Poison('bad'); }
      if (orderId === 'slow' && seen.filter((id) => id === 'slow').length < 3) { throw new Error('again'); }
    },
  });

  test('hands out a message of a group when the one before it is answered', async () => {
    const seen: string[] = [];

    await given(consumer('continue', seen), { fifo: true }).deliver(['slow', 'a', 'b'].map(order), { group: 'customer-1', sideBySide: true });

    expect(seen).toEqual(['slow', 'slow', 'slow', 'a', 'b']);
  });

  test('has a group for each key when none is given', async () => {
    const seen: string[] = [];

    await given(consumer('continue', seen), { fifo: true }).deliver(['slow', 'a', 'b'].map(order), { sideBySide: true });

    expect(seen).toEqual(['slow', 'a', 'b', 'slow', 'slow']);
  });

  test('a group that stops at poison goes on when the poison has come back', async () => {
    const seen: string[] = [];
    let broken = true;
    const test = given(consumer('park', seen, () => broken), { fifo: true });

    await test.deliver(['bad', 'a', 'b'].map(order), { group: 'customer-1' });

    test.expect({ poisoned: [{ reason: 'Poison', message: 'bad' }, { reason: 'GroupParked' }, { reason: 'GroupParked' }] });
    expect(seen).toEqual(['bad']);
    broken = false;
    await test.redrive();
    test.expect({ poisoned: [], metrics: { Processed: 3 } });
    expect(seen).toEqual(['bad', 'bad', 'a', 'b']);
  });
});

test('fails when deliveries of one test overlap', async () => {
  const test = given();
  const first = test.deliver(order('a'));

  await expect(test.deliver(order('b'))).rejects.toThrow('another delivery is under way: await it first');
  await first;
});

test('fails to redrive what did not come from a queue', async () => {
  await expect(given(topicConsumer({ on: orderPlaced, process: () => {} })).redrive()).rejects.toThrow('redrive: only letters of a queue go back to where they came from');
});

test('fails on a handler that none of our functions has made', () => {
  expect(failureOf(() => given(async () => 'done'))).toContain('testConsumer takes a handler as queueConsumer or one of its siblings has made it');
});
