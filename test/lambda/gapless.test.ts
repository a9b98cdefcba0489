import { apart, givenForgetful as forgetful, givenGapless as given } from './gapless-model';
import { dies, itemOf, once, waits } from './ordered-model';
import { ended, pause, useVirtualClock } from './virtual-clock';

useVirtualClock();

describe('an event that comes before its predecessors', () => {
  test('waits in the store and in its queue, is counted, and is done when it is its turn', async () => {
    const model = given();
    const third = model.tell('a', 3);

    expect(await model.hand(third)).toEqual([third.id]);

    expect(model.tries).toEqual([]);
    expect(model.remembered('PARKED')).toHaveLength(1);
    expect(model.counted.counts).toEqual({ Parked: 1 });
    await model.hand(model.tell('a', 1));
    expect(model.done).toEqual(['a1']);
    await model.hand(model.tell('a', 2));
    expect(model.done).toEqual(['a1', 'a2', 'a3']);
    expect(model.remembered('PARKED')).toEqual([]);
    expect(await model.hand(third)).toEqual([]);
    expect(model.counted.counts).toEqual({ Parked: 1, Processed: 3, Duplicate: 1 });
  });

  test('comes again with growing pauses while its gap is open, and says how long it has waited', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(1 - 2 ** -53);
    const model = given({ environment: { retry: { delay: 10, maxDelay: 60 } } });
    const second = model.tell('a', 2);
    const pauses: number[] = [];

    for (let times = 0; times < 5; times++) {
      await model.deliver();
      pauses.push((second.visibleAt - Date.now()) / 1000);
      jest.advanceTimersByTime(second.visibleAt - Date.now());
    }
    jest.mocked(Math.random).mockRestore();

    expect(pauses).toEqual([10, 20, 40, 60, 60]);
    expect(model.counted.measures.ParkedAge).toEqual([0, 10_000, 30_000, 70_000, 130_000]);
    expect(model.counted.counts).toEqual({ Parked: 5 });
    expect(model.remembered('PARKED')).toMatchObject([{ since: second.sentAt }]);
    model.tell('a', 1);
    await model.drain();
    expect(model.done).toEqual(['a1', 'a2']);
    expect(model.letters).toEqual([]);
  });

  test('is released in a chain with all that wait behind it', async () => {
    const model = forgetful();
    for (const place of [5, 3, 4, 2, 7]) { model.tell('a', place, apart(place)); }
    await model.drain();
    expect(model.tries).toEqual([]);
    // to be parked releases nothing, and parks nothing again
    expect(model.counted.counts).toEqual({ Parked: 5 });

    model.tell('a', 1);
    await model.drain();

    expect(model.done).toEqual(['a1', 'a2', 'a3', 'a4', 'a5']);
    expect(model.remembered('PARKED')).toHaveLength(1);
    model.tell('a', 6);
    await model.drain();
    expect(model.done.slice(5)).toEqual(['a6', 'a7']);
    expect(model.remembered('PARKED')).toEqual([]);
  });

  test('is done after its predecessors when all of them come in one batch, without being parked', async () => {
    const model = given();
    model.tellAll('a', 3, 1, 2);

    await model.drain();

    expect(model.done).toEqual(['a1', 'a2', 'a3']);
    expect(model.calls).not.toContain('park');
  });

  test('is parked with what its message carried, and its handler gets all of it', async () => {
    const seen: unknown[] = [];
    const model = forgetful({ process: (change, { meta }) => { seen.push([change, meta]); } });
    const second = model.tell('a', 2, { ...apart(2), attributes: { correlationId: { DataType: 'String', StringValue: 'request-2' } } });
    await model.drain();
    jest.advanceTimersByTime(60_000);
    model.tell('a', 1);
    await model.drain();

    expect(seen[1]).toEqual([{ account: 'a', place: 2, amount: 1 }, expect.objectContaining({
      eventId: 'Deposited-a-2', correlationId: 'request-2', messageId: second.id, sentAt: new Date(second.sentAt), key: 'a', attempt: 1, stale: false,
    })]);
  });

  test('that is too large to be parked is set aside, with its whole body', async () => {
    const model = given();
    const large = model.tell('a', 2, { id: 'x'.repeat(390 * 1024) });

    await model.drain();

    expect(model.letters).toMatchObject([{ body: large.body, reason: 'TooLargeToPark' }]);
    model.tell('a', 1);
    await model.drain();
    model.queue.redrive();
    await model.drain();
    expect(model.done).toEqual(['a1', 'a2']);
  });
});

describe('below the gate', () => {
  test('a copy is a duplicate, and neither is its place taken nor anything released again', async () => {
    const model = given();
    model.tellAll('a', 1, 2, 3);
    await model.drain();
    model.tellAll('a', 1, 2, 3);
    await model.drain();

    expect(model.tries).toEqual(['a1', 'a2', 'a3']);
    expect(model.counted.counts).toEqual({ Processed: 3, Duplicate: 3 });
    expect(model.letters).toEqual([]);
  });

  test('a copy is a duplicate too when the memory of its event has ended: that of the aggregate never ends', async () => {
    const model = given({ environment: { idempotency: { table: 'memory', rememberFor: 3_600 } } });
    model.tellAll('a', 1, 2);
    await model.drain();
    expect(model.remembered('PLACE').map((record) => record.expiration)).toEqual([undefined]);
    jest.advanceTimersByTime(7_200_000);
    model.tell('a', 1);
    await model.drain();

    expect(model.done).toEqual(['a1', 'a2']);
    expect(model.counted.counts).toEqual({ Processed: 2, Duplicate: 1 });
  });

  test.each([1, 2])('another event at place %d is no copy: it is set aside', async (place) => {
    const model = given();
    model.tellAll('a', 1, 2);
    await model.drain();
    model.tell('a', place, { amount: 7, id: 'other' });
    await model.drain();

    expect(model.done).toEqual(['a1', 'a2']);
    expect(model.letters).toMatchObject([{ reason: 'PlaceReuse', message: expect.stringContaining('event other') }]);
  });
});

describe('a function that dies', () => {
  test.each([
    ['between the commit and the release', 'complete', 'after', 1],
    ['while it looks for the next one', 'lookUp', 'after', 2],
    ['before it commits a released one', 'complete', 'before', 2],
    ['after it has committed a released one', 'complete', 'after', 2],
    ['in the middle of a chain', 'complete', 'after', 3],
  ] as const)('%s leaves the rest of the chain to the next delivery', async (_when, call, moment, nth) => {
    let armed = false;
    let deaths = 0;
    const strike = once(call, moment, async (lambda) => { deaths++; await lambda.die(); }, nth);
    const model = forgetful({ fault: (name, when, lambda) => armed ? strike(name, when, lambda) : undefined });
    for (const place of [2, 3, 4, 5]) { model.tell('a', place, apart(place)); }
    await model.drain();
    armed = true;
    model.tell('a', 1);
    await model.drain();

    expect(deaths).toBe(1);
    expect(model.done).toEqual(['a1', 'a2', 'a3', 'a4', 'a5']);
    expect(model.remembered('PARKED')).toEqual([]);
    expect(model.letters).toEqual([]);
  });

  test.each(['before', 'after'] as const)('%s it has parked an event loses nothing', async (moment) => {
    const model = forgetful({ fault: once('park', moment, dies) });
    model.tell('a', 2, apart(2));
    await model.drain();
    model.tell('a', 1);
    await model.drain();

    expect(model.done).toEqual(['a1', 'a2']);
    expect(model.remembered('PARKED')).toEqual([]);
  });

  test('by a parked event is killed by it alone the next times, and sets it aside; what waits behind it goes on when it is repaired', async () => {
    let repaired = false;
    const model = forgetful({
      environment: { maxAttempts: 3 },
      process: async (change, { tx }, lambda) => {
        await pause(change.place === 2 ? 100 : 200);
        if (change.place === 2 && !repaired) { await lambda.die(); }
        tx.write(itemOf(change));
      },
    });
    for (const place of [2, 3]) { model.tell('a', place, apart(place)); }
    await model.drain();
    model.tell('a', 1);
    model.tell('b', 1);
    await model.deliver();
    // each time others are there that it could take with it
    for (const mate of ['c', 'd', 'e']) {
      jest.advanceTimersByTime(180_000);
      model.tell(mate, 1);
      await model.deliver();
    }
    await model.drain();

    expect([...model.done].sort()).toEqual(['a1', 'b1', 'c1', 'd1', 'e1']);
    expect(model.tries.filter((name) => /[cde]1/.test(name))).toEqual(['c1', 'd1', 'e1']);
    expect(model.tries.filter((name) => name === 'a2')).toHaveLength(4);
    expect(model.letters).toMatchObject([{ reason: 'FunctionDied', attempt: 3 }]);
    repaired = true;
    model.queue.redrive();
    await model.drain();
    expect(model.done.slice(5)).toEqual(['a2', 'a3']);
    expect(model.remembered('PARKED')).toEqual([]);
  });
});

describe('a race', () => {
  test('of parking with the closing of the gap is never lost: the event is done, or parked and released', async () => {
    const model = forgetful({ fault: once('park', 'before', waits(5_000)) });
    const [first, second, third] = [1, 2, 3].map((place) => model.tell('a', place, apart(place)));
    await model.hand(first!);

    await Promise.all([model.hand(third!), ended(pause(1_000)).then(async () => model.hand(second!))]);

    expect(model.done).toEqual(['a1', 'a2', 'a3']);
    expect(model.remembered('PARKED')).toEqual([]);
  });

  test('of parking with an aggregate that comes nearer parks all the same', async () => {
    const model = forgetful({ fault: once('park', 'before', waits(5_000)) });
    const [first, , fourth] = [1, 2, 4].map((place) => model.tell('a', place, apart(place)));

    await Promise.all([model.hand(fourth!), ended(pause(1_000)).then(async () => model.hand(first!))]);
    model.tell('a', 3, apart(3));
    await model.drain();

    expect(model.done).toEqual(['a1', 'a2', 'a3', 'a4']);
    expect(model.remembered('PARKED')).toEqual([]);
  });

  test('of two functions that release the same event does it once', async () => {
    const model = given({ process: async (change, { tx }) => { await pause(1_000); tx.write(itemOf(change)); } });
    const second = model.tell('a', 2);
    await model.hand(second);
    const first = model.tell('a', 1);

    await Promise.all([model.hand(first), ended(pause(1_500)).then(async () => model.hand(second))]);
    await model.drain();

    expect(model.done).toEqual(['a1', 'a2']);
    expect(model.tries).toEqual(['a1', 'a2']);
    expect(model.remembered('PARKED')).toEqual([]);
    expect(model.letters).toEqual([]);
  });
});
